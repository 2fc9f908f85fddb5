/** The recorded incident as its alerts: three faults, three threads, in whatever order alerts and evidence come. */
import { describe, expect, test } from 'vitest';
import { random } from '../../src/sandbox/cluster/simulate/random.ts';
import { type AlertWords, notified, Scene } from './scene.ts';

const KUBELET = 'kubelet-swap-on|Node/k8scephnode';
const CALICO = 'calico-node-ip-mismatch|Node/k8smater1';
const ETCD = 'etcd-member-count|Component/control-plane';

/** Each alert as Alertmanager sends it, the question that it maps to, and the cause that its question's evidence names. */
const ALERTS: readonly (AlertWords & { readonly cause: string })[] = [
  { name: 'KubeNodeNotReady', labels: { node: 'k8scephnode' }, question: 'diagnose node/k8scephnode', cause: KUBELET },
  {
    name: 'KubeNodeUnreachable',
    labels: { node: 'k8scephnode' },
    question: 'diagnose node/k8scephnode',
    cause: KUBELET,
  },
  { name: 'KubeletDown', severity: 'critical', question: 'diagnose cluster', cause: KUBELET },
  {
    name: 'TargetDown',
    labels: { job: 'kubelet', namespace: 'kube-system' },
    question: 'diagnose kube-system/kubelet',
    cause: KUBELET,
  },
  {
    name: 'TargetDown',
    labels: { job: 'node-exporter', namespace: 'monitoring' },
    question: 'diagnose ds/node-exporter -n monitoring',
    cause: KUBELET,
  },
  {
    name: 'ProbeFailed',
    labels: { instance: '172.17.73.66:30080' },
    question: 'why-not-reachable 30080',
    severity: 'critical',
    cause: CALICO,
  },
  {
    name: 'KubePodNotReady',
    labels: { namespace: 'kube-system', pod: 'calico-node-8v7zq' },
    question: 'diagnose pod/calico-node-8v7zq -n kube-system',
    cause: CALICO,
  },
  {
    name: 'KubeDaemonSetRolloutStuck',
    labels: { namespace: 'kube-system', daemonset: 'calico-node' },
    question: 'diagnose ds/calico-node -n kube-system',
    cause: CALICO,
  },
  { name: 'etcdMembersDown', severity: 'critical', question: 'diagnose control-plane', cause: ETCD },
  {
    name: 'etcdHighFsyncDurations',
    labels: { instance: 'k8smater1' },
    question: 'diagnose control-plane',
    cause: ETCD,
  },
];
const CAUSES = [CALICO, ETCD, KUBELET];

/** Which alerts each cause has, by name. */
const EXPECTED = CAUSES.map((cause) => ({
  cause,
  alerts: ALERTS.filter((one) => one.cause === cause)
    .map(({ name }) => name)
    .sort(),
}));

function threadsOf(scene: Scene) {
  return scene.threads
    .map((record) => ({
      cause: record.diagnosis?.causes[0]?.key,
      alerts: [...scene.board.alerts.values()]
        .filter(({ incident }) => incident === record.id)
        .map(({ name }) => name)
        .sort(),
    }))
    .sort((a, b) => ((a.cause ?? '') < (b.cause ?? '') ? -1 : 1));
}

/** The cause that a record's question leads to. */
function causeOf(key: string): string {
  const scene = new Scene();
  for (const { cause, ...words } of ALERTS) {
    const event = notified(0, words);
    scene.step(0, event);
    if (scene.incidents.some((record) => record.key === key)) return cause;
  }
  throw new Error(`Nothing asks ${key}.`);
}

const KEYS = new Map<string, string>();
function causeFor(key: string): string {
  const known = KEYS.get(key) ?? causeOf(key);
  KEYS.set(key, known);
  return known;
}

describe.each([
  ['evidence as it comes', 0, 0, true],
  ['evidence late: unclear at first, then named by a recheck; some told twice', 2, 0.3, true],
  ['evidence much later than all alerts', 1, 0.3, false],
] as const)('%s', (_what, unclear, repeats, answers) => {
  test.each(Array.from({ length: 20 }, (_, seed) => seed))(
    'order %i: three threads, each with its own cause',
    (seed) => {
      const dice = random(seed + 1);
      const scene = new Scene();
      const order = dice.some(ALERTS, ALERTS.length).sort(() => dice.next() - 0.5);
      const left = new Map<string, number>();
      let now = 0;
      const answer = (): void => {
        const queued = scene.incidents.filter(({ diagnosis }) => diagnosis?.state === 'queued');
        for (const record of dice.some(queued, dice.int(0, queued.length))) {
          const open = left.get(record.key) ?? unclear;
          left.set(record.key, open - 1);
          const living = scene.board.incidents.get(record.id);
          if (living === undefined) continue;
          scene.step(now, scene.ending(now, living, open > 0 ? 'unclear' : causeFor(record.key)));
        }
      };
      for (const { cause: _, ...words } of order) {
        now += dice.int(0, 20);
        scene.notify(now, words);
        if (dice.chance(repeats)) scene.notify(now, words);
        if (answers) answer();
      }
      for (let round = 0; round < 120 && threadsOf(scene).some(({ cause }) => cause === undefined); round++) {
        now += 60;
        scene.step(now);
        answer();
      }
      expect(threadsOf(scene)).toEqual(EXPECTED);
    },
  );
});

test('the orders do differ in who stays', () => {
  const first = (names: readonly string[]) => {
    const scene = new Scene();
    for (const name of names) {
      const words = ALERTS.find((one) => one.name === name);
      if (words === undefined) throw new Error(name);
      const { cause, ...alert } = words;
      scene.notify(0, alert);
      const record = scene.incidents.find(({ diagnosis }) => diagnosis?.state === 'queued');
      if (record !== undefined) scene.step(1, scene.ending(1, record, cause));
    }
    return scene.threads.map(({ key }) => key);
  };
  expect(first(['KubeNodeNotReady', 'KubeletDown'])).toEqual(['diagnose node k8scephnode']);
  expect(first(['KubeletDown', 'KubeNodeNotReady'])).toEqual(['diagnose cluster']);
});
