/** Which fix a rule offers, and where it offers none: a hint stands only where the fix can help. */
import { describe, expect, test } from 'vitest';
import type { EvidenceItem } from '../../src/core/evidence.ts';
import { nodeRef } from '../../src/core/object-ref.ts';
import type { Question } from '../../src/core/question.ts';
import type { Rule } from '../../src/core/rule.ts';
import { RULES } from '../../src/rules/index.ts';
import { known, outcomeOf } from '../support/evidence.ts';
import {
  attempt,
  cluster,
  DIAGNOSE_N1,
  journal,
  LOOPING,
  node,
  RUNNING,
  silent,
  swap,
  unit,
  units,
} from './node/kit.ts';

const DOWN = cluster(silent('n1'), node('n2', { ip: '192.0.2.2' }));
const STOPPED = { activeState: 'inactive', subState: 'dead', result: 'success' };
const loop = units('n1', unit('kubelet.service', LOOPING));
const ends = (line: string) => [...DOWN, loop, journal('n1', ...attempt(line))];
const stopped = (change: object = {}) => [...DOWN, units('n1', unit('kubelet.service', { ...STOPPED, ...change }))];
const runtime = (change: object) => [
  ...DOWN,
  units('n1', unit('kubelet.service', LOOPING), unit('containerd.service', { ...RUNNING, ...change })),
];
const NO_RUNTIME =
  'E0115 11:59:01.1  1 run.go:74] "command failed" err="failed to run Kubelet: validate service connection: validate CRI v1 runtime API for endpoint \\"unix:///run/containerd/containerd.sock\\": rpc error: code = Unavailable desc = connection error: desc = \\"transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: no such file or directory\\""';
const noRuntime = (change: object) => [...runtime(change), journal('n1', ...attempt(NO_RUNTIME))];
const unknownFlag = (flag: string) =>
  ends(`E0115 11:59:01.1  1 run.go:74] "command failed" err="failed to parse kubelet flag: unknown flag: ${flag}"`);
const kernelFlag = (flag: string) =>
  ends(
    `F0115 11:59:01.1  1 kubelet.go:1384] Failed to start ContainerManager invalid kernel flag: ${flag}, expected value: 1, actual value: 0`,
  );
const inotify = (line: string) => ends(`F0115 11:59:01.1  1 kubelet.go:1384] Failed to start cAdvisor ${line}`);
const memory = known('node-memory', { totalKiB: 9, availableKiB: 9, swapTotalKiB: 0, swapFreeKiB: 0 }, nodeRef('n1'));
const off = (change: object = {}) => [...DOWN, swap('n1', { active: [], ...change })];
const ZRAM = { units: [], partitions: [], zramGenerator: true };
const FSTAB = {
  units: [],
  partitions: [],
  fstab: [{ device: '/swap.img', line: '/swap.img none swap sw 0 0', commented: false }],
};

const sysctl = (name: string, value: number) => [`set-sysctl {"node":"n1","name":"${name}","value":${value}}`];
const cases: readonly (readonly [
  what: string,
  rule: string,
  items: readonly EvidenceItem[],
  offers: readonly string[],
])[] = [
  ['kubelet stopped', 'kubelet-stopped', stopped(), ['restart-kubelet {"node":"n1"}']],
  ['kubelet disabled', 'kubelet-stopped', stopped({ unitFileState: 'disabled' }), ['restart-kubelet {"node":"n1"}']],
  ['kubelet masked', 'kubelet-stopped', stopped({ loadState: 'masked' }), []],
  ['containerd stopped', 'container-runtime-down', noRuntime(STOPPED), ['start-container-runtime {"node":"n1"}']],
  [
    'containerd failed',
    'container-runtime-down',
    noRuntime({ activeState: 'failed' }),
    ['start-container-runtime {"node":"n1"}'],
  ],
  ['containerd loops', 'container-runtime-down', noRuntime({ activeState: 'activating' }), []],
  ['containerd masked', 'container-runtime-down', noRuntime({ ...STOPPED, loadState: 'masked' }), []],
  ['containerd runs', 'container-runtime-down', noRuntime({}), []],
  [
    'a removed flag',
    'kubelet-removed-flag',
    unknownFlag('--network-plugin'),
    ['remove-kubelet-flag {"node":"n1","flag":"--network-plugin"}'],
  ],
  ['a flag that may matter', 'kubelet-removed-flag', unknownFlag('--feature-gate'), []],
  ['overcommit', 'kubelet-kernel-flag-wrong', kernelFlag('vm/overcommit_memory'), sysctl('vm.overcommit_memory', 1)],
  ['a kernel setting that is not listed', 'kubelet-kernel-flag-wrong', kernelFlag('kernel/panic'), []],
  [
    'inotify instances',
    'kubelet-inotify-exhausted',
    inotify('inotify_init: too many open files'),
    sysctl('fs.inotify.max_user_instances', 8192),
  ],
  [
    'inotify watches',
    'kubelet-inotify-exhausted',
    inotify('inotify_add_watch /sys/fs/cgroup: no space left on device'),
    sysctl('fs.inotify.max_user_watches', 1_048_576),
  ],
  [
    'swap on: off first, then off for good',
    'kubelet-swap-on',
    [
      ...ends(
        'F0115 11:59:01.1  1 server.go:274] failed to run Kubelet: running with swap on is not supported, please disable swap!',
      ),
      swap('n1'),
      memory,
    ],
    ['turn-swap-off {"node":"n1"}', 'keep-swap-off {"node":"n1","unit":"dev-sda3.swap"}'],
  ],
  ['swap comes back: a unit', 'swap-returns-at-boot', off(), ['keep-swap-off {"node":"n1","unit":"dev-sda3.swap"}']],
  ['swap comes back: fstab', 'swap-returns-at-boot', off(FSTAB), ['keep-swap-off {"node":"n1"}']],
  ['swap comes back: zram', 'swap-returns-at-boot', off(ZRAM), []],
];

function ruleOf(id: string): Rule {
  const rule = RULES.find((one) => one.id === id);
  if (rule === undefined) throw new Error(`no rule ${id}`);
  return rule;
}

/** What the findings of a rule offer, in order. @throws where it finds nothing: that would be silence for another reason. */
function offers(rule: string, question: Question, items: readonly EvidenceItem[]): string[] {
  const findings = outcomeOf(ruleOf(rule), question, items).judgements.filter((one) => one.type === 'finding');
  if (findings.length === 0) throw new Error(`${rule} found nothing`);
  return findings.flatMap((one) =>
    (one.type === 'finding' ? (one.remediations ?? []) : []).map(({ id, params }) => `${id} ${JSON.stringify(params)}`),
  );
}

describe('offers', () => {
  test.each(cases)('%s', (_, rule, items, wanted) => {
    expect(offers(rule, DIAGNOSE_N1, items)).toEqual(wanted);
  });
});
