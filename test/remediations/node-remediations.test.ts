/** Remediations that the agent of one node carries out: what each plans, and when it refuses. */
import { describe, expect, test } from 'vitest';
import type { EvidenceItem } from '../../src/core/evidence.ts';
import { nodeRef } from '../../src/core/object-ref.ts';
import type { Remediation } from '../../src/core/remediation.ts';
import { keepSwapOff } from '../../src/remediations/keep-swap-off.ts';
import { removeKubeletFlag } from '../../src/remediations/remove-kubelet-flag.ts';
import { restartKubelet } from '../../src/remediations/restart-kubelet.ts';
import { setSysctl } from '../../src/remediations/set-sysctl.ts';
import { startContainerRuntime } from '../../src/remediations/start-container-runtime.ts';
import { startKubeProxy } from '../../src/remediations/start-kube-proxy.ts';
import { turnSwapOff } from '../../src/remediations/turn-swap-off.ts';
import { cluster, LOOPING, node, silent, swap, unit, units } from '../rules/node/kit.ts';
import { known } from '../support/evidence.ts';
import { planIn, type World } from './application-kit.ts';
import { inWords, soundDraft } from './plan-kit.ts';

const DOWN = cluster(silent('n1'), node('n2', { ip: '192.0.2.2' }));
const UP = cluster(node('n1'), node('n2', { ip: '192.0.2.2' }));
const memory = (availableKiB: number) =>
  known('node-memory', { totalKiB: 16_000_000, availableKiB, swapTotalKiB: 0, swapFreeKiB: 0 }, nodeRef('n1'));
const loop = units('n1', unit('kubelet.service', LOOPING));
const failed = units('n1', unit('kubelet.service', { activeState: 'failed', subState: 'failed' }));
const area = (device: string, usedKiB: number) => ({ device, type: 'partition', sizeKiB: 1000, usedKiB, priority: -2 });
const sysctls = (values: Record<string, string>) => known('node-sysctls', values, nodeRef('n1'));

interface Case {
  readonly what: string;
  readonly remediation: Remediation;
  readonly items: readonly EvidenceItem[];
  readonly params?: World['params'];
  readonly data?: World['data'];
  /** The steps in short; or the id of the refusal. */
  readonly steps?: readonly string[];
  readonly undo?: readonly string[];
  readonly refused?: string;
}

/** `swap-device /dev/sda3 off`, `wait n1`. */
function short(steps: ReturnType<typeof inWords>['steps']): string[] {
  return steps.map((step) => {
    if ('wait' in step) return 'wait n1';
    return 'step' in step ? [step.step, ...Object.values(step.params ?? {})].join(' ') : JSON.stringify(step);
  });
}

async function check(one: Case): Promise<void> {
  const params = { node: 'n1', ...one.params };
  const world = { ...one, object: nodeRef('n1'), objects: [], params };
  const outcome = await planIn(world as never);
  if (outcome.status === 'refused') {
    expect(outcome.why.text).toBe(one.refused);
    for (const line of [outcome.why, ...(outcome.manual ?? [])])
      expect(one.remediation.texts).toHaveProperty(line.text);
    return;
  }
  const words = inWords(one.remediation, soundDraft(one.remediation, outcome.draft));
  expect(short(words.steps)).toEqual(one.steps);
  expect(short(words.undo)).toEqual(one.undo ?? []);
  expect(words.nodes).toEqual(['n1']);
}

const SWAP: readonly Case[] = [
  {
    what: 'one device',
    remediation: turnSwapOff,
    items: [...DOWN, swap('n1'), memory(8_000_000), loop],
    steps: ['swap-device /dev/sda3 off', 'wait n1'],
    undo: ['swap-device /dev/sda3 on'],
  },
  {
    what: 'two devices one after the other, and a kubelet that systemd gave up',
    remediation: turnSwapOff,
    items: [...DOWN, swap('n1', { active: [area('/dev/sda3', 100), area('/swap.img', 200)] }), memory(1000), failed],
    steps: ['swap-device /dev/sda3 off', 'swap-device /swap.img off', 'kubelet restarted', 'wait n1'],
    undo: ['swap-device /swap.img on', 'swap-device /dev/sda3 on'],
  },
  {
    what: 'exactly 0.8 of the free memory',
    remediation: turnSwapOff,
    items: [...DOWN, swap('n1', { active: [area('/dev/sda3', 800)] }), memory(1000), loop],
    steps: ['swap-device /dev/sda3 off', 'wait n1'],
    undo: ['swap-device /dev/sda3 on'],
  },
  {
    what: 'more than that, over both devices',
    remediation: turnSwapOff,
    items: [...DOWN, swap('n1', { active: [area('/dev/sda3', 500), area('/dev/sdb1', 301)] }), memory(1000), loop],
    refused: 'tight',
  },
  { what: 'memory unknown', remediation: turnSwapOff, items: [...DOWN, swap('n1'), loop], refused: 'no-agent' },
  { what: 'swap unknown', remediation: turnSwapOff, items: [...DOWN, memory(1), loop], refused: 'no-agent' },
  {
    what: 'swap off by now',
    remediation: turnSwapOff,
    items: [...DOWN, swap('n1', { active: [] }), memory(1), loop],
    refused: 'already-off',
  },
  {
    what: 'the GPT generator',
    remediation: keepSwapOff,
    items: [...UP, swap('n1', { active: [] })],
    steps: ['swap-unit dev-sda3.swap masked'],
    undo: ['swap-unit dev-sda3.swap unmasked'],
  },
  { what: 'swap still on', remediation: keepSwapOff, items: [...DOWN, swap('n1')], refused: 'swap-on' },
  {
    what: 'a line of fstab, to the letter',
    remediation: keepSwapOff,
    items: [
      ...UP,
      swap('n1', {
        active: [],
        units: [],
        partitions: [],
        fstab: [{ device: '/swap.img', line: '/swap.img\tnone swap sw 0 0', commented: false }],
      }),
    ],
    steps: ['fstab-line /swap.img\tnone swap sw 0 0 commented'],
    undo: ['fstab-line /swap.img\tnone swap sw 0 0 active'],
  },
  {
    what: 'both: the generator and a line of fstab for another device',
    remediation: keepSwapOff,
    items: [
      ...UP,
      swap('n1', {
        active: [],
        fstab: [{ device: '/swap.img', line: '/swap.img none swap sw 0 0', commented: false }],
      }),
    ],
    steps: ['swap-unit dev-sda3.swap masked', 'fstab-line /swap.img none swap sw 0 0 commented'],
    undo: ['fstab-line /swap.img none swap sw 0 0 active', 'swap-unit dev-sda3.swap unmasked'],
  },
  {
    what: 'cloud-init writes the line again',
    remediation: keepSwapOff,
    items: [
      ...UP,
      swap('n1', {
        active: [],
        units: [],
        partitions: [],
        fstab: [{ device: '/swap.img', line: '/swap.img none swap sw,comment=cloudconfig 0 0', commented: false }],
      }),
    ],
    refused: 'cloud-init',
  },
  {
    what: 'the zram generator',
    remediation: keepSwapOff,
    items: [...UP, swap('n1', { active: [], units: [], partitions: [], zramGenerator: true })],
    refused: 'zram',
  },
  {
    what: 'a unit file of its own',
    remediation: keepSwapOff,
    items: [
      ...UP,
      swap('n1', {
        active: [],
        partitions: [],
        units: [
          {
            name: 'dev-vda5.swap',
            what: '/dev/vda5',
            loadState: 'loaded',
            activeState: 'inactive',
            unitFileState: 'enabled',
            fragmentPath: '/etc/systemd/system/dev-vda5.swap',
          },
        ],
      }),
    ],
    refused: 'own-file',
  },
  {
    what: 'nothing known turns it on',
    remediation: keepSwapOff,
    items: [...UP, swap('n1', { active: [], units: [], partitions: [] })],
    refused: 'unknown',
  },
];

const stopped = (change: object = {}) =>
  units('n1', unit('kubelet.service', { activeState: 'inactive', subState: 'dead', ...change }));
const runtime = (change: object = {}) =>
  units(
    'n1',
    unit('containerd.service', { activeState: 'inactive', subState: 'dead', ...change }),
    unit('kubelet.service', LOOPING),
  );
const disk = (usedPercent: number) =>
  known(
    'node-disk',
    [{ mount: '/var', device: '/dev/vda1', sizeKiB: 1000, availableKiB: 1, usedPercent }],
    nodeRef('n1'),
  );
const proxy = (change: object = {}) =>
  units('n1', unit('kube-proxy.service', { activeState: 'inactive', subState: 'dead', ...change }));

const SERVICES: readonly Case[] = [
  {
    what: 'stopped',
    remediation: restartKubelet,
    items: [...DOWN, stopped()],
    steps: ['kubelet restarted', 'wait n1'],
  },
  {
    what: 'disabled too',
    remediation: restartKubelet,
    items: [...DOWN, stopped({ unitFileState: 'disabled' })],
    steps: ['kubelet restarted', 'wait n1'],
  },
  {
    what: 'masked',
    remediation: restartKubelet,
    items: [...DOWN, stopped({ loadState: 'masked' })],
    refused: 'masked',
  },
  { what: 'failed', remediation: restartKubelet, items: [...DOWN, failed], refused: 'failed' },
  { what: 'looping', remediation: restartKubelet, items: [...DOWN, loop], refused: 'failed' },
  {
    what: 'running',
    remediation: restartKubelet,
    items: [...UP, units('n1', unit('kubelet.service'))],
    refused: 'runs',
  },
  { what: 'no unit', remediation: restartKubelet, items: [...DOWN, units('n1')], refused: 'absent' },
  { what: 'no agent', remediation: restartKubelet, items: DOWN, refused: 'no-agent' },
  {
    what: 'a node that is gone',
    remediation: restartKubelet,
    items: [...DOWN, stopped()],
    params: { node: 'n9' },
    refused: 'no-node',
  },
  {
    what: 'containerd stopped',
    remediation: startContainerRuntime,
    items: [...DOWN, runtime()],
    steps: ['container-runtime containerd.service started', 'wait n1'],
  },
  {
    what: 'containerd failed',
    remediation: startContainerRuntime,
    items: [...DOWN, runtime({ activeState: 'failed' }), disk(90)],
    steps: ['container-runtime containerd.service started', 'wait n1'],
  },
  {
    what: 'containerd loops',
    remediation: startContainerRuntime,
    items: [...DOWN, runtime({ activeState: 'activating' })],
    refused: 'loops',
  },
  {
    what: 'containerd masked',
    remediation: startContainerRuntime,
    items: [...DOWN, runtime({ loadState: 'masked' })],
    refused: 'masked',
  },
  {
    what: 'containerd runs',
    remediation: startContainerRuntime,
    items: [...DOWN, runtime({ activeState: 'active' })],
    refused: 'runs',
  },
  { what: 'a full disk', remediation: startContainerRuntime, items: [...DOWN, runtime(), disk(99)], refused: 'full' },
  {
    what: 'an unknown runtime',
    remediation: startContainerRuntime,
    items: [...cluster(node('n1', { runtime: 'kata://1' })), runtime()],
    refused: 'unknown-runtime',
  },
  {
    what: 'kube-proxy stopped',
    remediation: startKubeProxy,
    items: [...UP, proxy()],
    steps: ['kube-proxy-unit kube-proxy.service started'],
  },
  { what: 'kube-proxy is no unit', remediation: startKubeProxy, items: [...UP, units('n1')], refused: 'absent' },
  {
    what: 'kube-proxy loops',
    remediation: startKubeProxy,
    items: [...UP, proxy({ activeState: 'activating' })],
    refused: 'loops',
  },
  {
    what: 'kube-proxy masked',
    remediation: startKubeProxy,
    items: [...UP, proxy({ unitFileState: 'masked' })],
    refused: 'masked',
  },
  {
    what: 'kube-proxy runs',
    remediation: startKubeProxy,
    items: [...UP, proxy({ activeState: 'active' })],
    refused: 'runs',
  },
];

const forward = { name: 'net.ipv4.ip_forward', value: 1 };
const flag = '--network-plugin';
const KUBELET_FILES = ['/var/lib/kubelet/kubeadm-flags.env', '/etc/default/kubelet', '/etc/sysconfig/kubelet'];

const SETTINGS: readonly Case[] = [
  {
    what: 'ip_forward',
    remediation: setSysctl,
    items: [...UP, sysctls({ 'net.ipv4.ip_forward': '0' })],
    params: forward,
    steps: ['sysctl net.ipv4.ip_forward 1 true'],
    undo: ['sysctl net.ipv4.ip_forward 0 false'],
  },
  {
    what: 'inotify, on a node that is down',
    remediation: setSysctl,
    items: [...DOWN, loop, sysctls({ 'fs.inotify.max_user_instances': '128' })],
    params: { name: 'fs.inotify.max_user_instances', value: 8192 },
    steps: ['sysctl fs.inotify.max_user_instances 8192 true', 'wait n1'],
    undo: ['sysctl fs.inotify.max_user_instances 128 false'],
  },
  {
    what: 'an old value below the bounds: no way back, and said',
    remediation: setSysctl,
    items: [...UP, sysctls({ 'fs.inotify.max_user_instances': '16' })],
    params: { name: 'fs.inotify.max_user_instances', value: 8192 },
    steps: ['sysctl fs.inotify.max_user_instances 8192 true'],
  },
  {
    what: 'right already',
    remediation: setSysctl,
    items: [...UP, sysctls({ 'net.ipv4.ip_forward': '1' })],
    params: forward,
    refused: 'same',
  },
  {
    what: 'old value unknown',
    remediation: setSysctl,
    items: [...UP, sysctls({})],
    params: forward,
    refused: 'no-value',
  },
  { what: 'no agent', remediation: setSysctl, items: UP, params: forward, refused: 'no-agent' },
  {
    what: 'not on the list',
    remediation: setSysctl,
    items: [...UP, sysctls({ 'kernel.panic': '0' })],
    params: { name: 'kernel.panic', value: 10 },
    refused: 'unlisted',
  },
  {
    what: 'a name of every object',
    remediation: setSysctl,
    items: UP,
    params: { name: 'constructor', value: 1 },
    refused: 'unlisted',
  },
  {
    what: 'out of bounds',
    remediation: setSysctl,
    items: [...UP, sysctls({ 'net.ipv4.ip_forward': '0' })],
    params: { ...forward, value: 2 },
    refused: 'out-of-bounds',
  },
  {
    what: 'no number',
    remediation: setSysctl,
    items: [...UP, sysctls({ 'net.ipv4.ip_forward': 'x' })],
    params: forward,
    refused: 'odd',
  },
  {
    what: 'a removed flag, in whichever file',
    remediation: removeKubeletFlag,
    items: DOWN,
    data: { flag },
    params: { flag },
    steps: [...KUBELET_FILES.map((file) => `kubelet-flag ${file} ${flag} absent`), 'wait n1'],
  },
  {
    what: 'another flag than offered',
    remediation: removeKubeletFlag,
    items: DOWN,
    data: { flag: '--x-y-z' },
    params: { flag },
    refused: 'no-flag',
  },
  {
    what: 'a flag that is not listed',
    remediation: removeKubeletFlag,
    items: DOWN,
    data: { flag: '--config' },
    params: { flag: '--config' },
    refused: 'not-listed',
  },
];

describe('swap', () => test.each(SWAP)('$remediation.id: $what', check));
describe('services', () => test.each(SERVICES)('$remediation.id: $what', check));
describe('settings', () => test.each(SETTINGS)('$remediation.id: $what', check));

test('Debian and Red Hat each have a file of their own', async () => {
  for (const [osImage, file] of [
    ['Ubuntu 22.04.4 LTS', '/etc/default/kubelet'],
    ['Rocky Linux 9.3', '/etc/sysconfig/kubelet'],
  ] as const) {
    const items = cluster({ ...silent('n1'), osImage }, node('n2'));
    const world = {
      remediation: removeKubeletFlag,
      object: nodeRef('n1'),
      objects: [],
      items,
      data: { flag },
      params: { flag },
    };
    const outcome = await planIn(world);
    const text = JSON.stringify(outcome);
    expect(text).toContain(file);
    expect(text).toContain('kubeadm-flags.env');
    expect(KUBELET_FILES.filter((one) => text.includes(`"file":"${one}"`))).toHaveLength(2);
  }
});
