/** Hand-made diagnoses and a catalogue of made-up rules, none of which exists: what the rules will hand to the report. */
import type { Diagnosis, NotSeen, Path, RankedFinding } from '../../src/core/diagnosis.ts';
import type { EvidenceKind } from '../../src/core/evidence/kinds.ts';
import type { Cleared } from '../../src/core/finding.ts';
import { namespacedRef, nodeRef } from '../../src/core/object-ref.ts';
import type { Catalogue } from '../../src/report/catalogue.ts';

export const HOSTILE = '<!channel> *b* _i_ ~s~ `c`\n<@U0ALICE01> & \u202Egnp.exe @here \u001B[31m <https://evil|ok>';

export const catalogue: Catalogue = new Map([
  [
    'calico-wrong-address',
    {
      summary: 'Calico announces an address that is not the node’s own.',
      texts: {
        found: 'Calico on {node} took {wrong}, the address of another NIC, so BGP with {peers} never comes up.',
        annotation: '{node}: projectcalico.org/IPv4Address is {wrong}, InternalIP is {right}',
        fix: 'Tell Calico which address to take: {method}',
        reapply: 'Applying calico.yaml again changes nothing: the same choice is made again',
      },
    },
  ],
  [
    'pods-cut-off',
    {
      summary: 'Pods on some nodes cannot reach pods on others.',
      texts: { found: '{from} has no route to pods on {to}.', route: 'ip route get goes out by {device}' },
    },
  ],
  [
    'port-shut',
    {
      summary: 'A NodePort does not answer.',
      texts: {
        found: 'NodePort {port} ({service}) is not reachable through {node}.',
        probe: 'connect to {address} timed out',
      },
    },
  ],
  [
    'proxy-down',
    {
      summary: 'kube-proxy does not run.',
      texts: {
        healthy: 'kube-proxy on {node}: healthz {status}, rule for {port} present',
        healthz: 'healthz answered {status}',
      },
    },
  ],
  [
    'node-silent',
    {
      summary: 'A node is not ready.',
      texts: {
        found: '{node} is NotReady: its kubelet has been silent since {since}.',
        lease: 'lease renewed {since}',
      },
    },
  ],
  ['swap-refused', { summary: 'kubelet refuses to start because swap is on.', texts: { found: 'swap is on' } }],
  ['kubelet-off', { summary: 'kubelet was stopped.', texts: { found: 'kubelet is stopped' } }],
]);

const node = nodeRef('k8smater1');

function proof(evidence: EvidenceKind, text: string, data: Record<string, string | number>, command: string) {
  return { evidence, object: node, text, data, command };
}

const base = { type: 'finding', severity: 'critical', confidence: 'confirmed', scope: {} } as const;

export const cause: RankedFinding = {
  ...base,
  id: 'f1',
  rule: 'calico-wrong-address',
  object: node,
  text: 'found',
  data: { node: 'k8smater1', wrong: '10.0.0.66', peers: ['k8smaster2', 'k8scephnode'] },
  because: [
    proof(
      'nodes',
      'annotation',
      { node: 'k8smater1', wrong: '10.0.0.66/24', right: '172.17.73.66' },
      "kubectl get node k8smater1 -o jsonpath='{.metadata.annotations}'",
    ),
  ],
  scope: { nodes: ['k8smater1'] },
  since: '2020-05-21T01:45:00Z',
  explains: ['f2'],
  advice: [
    {
      text: 'fix',
      data: { method: 'IP_AUTODETECTION_METHOD=can-reach=172.17.73.65' },
      command: 'kubectl -n kube-system set env ds/calico-node IP_AUTODETECTION_METHOD=can-reach=172.17.73.65',
    },
  ],
  wouldNotHelp: [{ text: 'reapply', data: {} }],
  remediations: [{ id: 'set-calico-ip-autodetection', params: { method: 'can-reach=172.17.73.65' } }],
};

const symptoms: RankedFinding[] = [
  {
    ...base,
    id: 'f2',
    rule: 'pods-cut-off',
    object: node,
    text: 'found',
    data: { from: 'k8smater1', to: 'k8smaster2' },
    because: [proof('node-route-get', 'route', { device: 'ens18' }, 'ip route get 10.109.209.196')],
    scope: { pairs: [['k8smater1', 'k8smaster2']] },
    explains: ['f3'],
  },
  {
    ...base,
    id: 'f3',
    rule: 'port-shut',
    object: namespacedRef('Service', 'ci', 'jenkins-svc'),
    text: 'found',
    data: { port: 30080, service: 'ci/jenkins-svc', node: 'k8smater1' },
    because: [proof('node-tcp', 'probe', { address: '172.17.73.66:30080' }, 'nc -vz -w 2 172.17.73.66 30080')],
    scope: { nodes: ['k8smater1'], working: ['k8smaster2'] },
    explains: [],
  },
];

export const alsoFound: RankedFinding = {
  ...base,
  id: 'f4',
  rule: 'node-silent',
  severity: 'warning',
  object: nodeRef('k8scephnode'),
  text: 'found',
  data: { node: 'k8scephnode', since: '2020-05-20T10:39:34Z' },
  because: [
    proof(
      'node-leases',
      'lease',
      { since: '2020-05-20T10:39:34Z' },
      'kubectl get lease -n kube-node-lease k8scephnode',
    ),
  ],
  explains: [],
};

export const ruledOut: Cleared = {
  type: 'cleared',
  rule: 'proxy-down',
  object: node,
  text: 'healthy',
  data: { node: 'k8smater1', status: 200, port: 30080 },
  because: [proof('node-kube-proxy', 'healthz', { status: 200 }, 'curl -s http://127.0.0.1:10256/healthz')],
};

const SICK = 'the agent does not answer: connection refused';
export const notSeen: NotSeen[] = (['node-bird', 'node-journal', 'node-swap', 'node-tcp', 'node-units'] as const).map(
  (evidence) => ({
    evidence,
    object: nodeRef('k8scephnode'),
    reason: SICK,
    blocks: evidence === 'node-swap' ? ['swap-refused'] : ['kubelet-off'],
    tryThis: evidence === 'node-units' ? 'systemctl status kubelet' : `look at ${evidence}`,
  }),
);

export function path(from: string, via: string, result: Path['result'], hasEndpoint = false): Path {
  return {
    from: nodeRef(from),
    to: `${via}:30080`,
    via: nodeRef(via),
    result,
    ms: result === 'timeout' ? 2000 : 1,
    hasEndpoint,
  };
}

export const outage: Diagnosis = {
  id: 'dx-7f3k2',
  cluster: 'prod',
  question: {
    type: 'why-not-reachable',
    target: { kind: 'Service', namespace: 'ci', name: 'jenkins-svc', port: 80, nodePort: 30080 },
  },
  startedAt: '2020-05-25T02:00:00.000Z',
  finishedAt: '2020-05-25T02:00:03.400Z',
  verdict: 'cause-found',
  causes: [cause],
  symptoms,
  alsoFound: [alsoFound],
  ruledOut: [ruledOut],
  notSeen,
  paths: [
    path('k8smaster2', 'k8smaster2', 'open', true),
    path('k8smater1', 'k8smaster2', 'open', true),
    path('k8smaster2', 'k8smater1', 'timeout'),
    path('k8smater1', 'k8smater1', 'timeout'),
  ],
  agents: { asked: ['k8scephnode', 'k8smaster2', 'k8smater1'], total: 3, sampled: false },
};

export const healthy: Diagnosis = {
  ...outage,
  id: 'dx-aaaaa',
  verdict: 'no-fault-found',
  causes: [],
  symptoms: [],
  alsoFound: [],
  notSeen: [],
  paths: outage.paths.map((it) => ({ ...it, result: 'open' as const, ms: 1 })),
};

/** Only likely: the decisive fact is missing. */
export const likely: Diagnosis = {
  ...outage,
  id: 'dx-bbbbb',
  verdict: 'inconclusive',
  causes: [{ ...without(cause, 'advice'), confidence: 'likely', tryThis: 'birdcl show protocols' }],
};

/** The probes show a fault that no rule explains. */
export const unexplained: Diagnosis = {
  ...outage,
  id: 'dx-ccccc',
  verdict: 'inconclusive',
  causes: [],
  symptoms: symptoms.slice(1),
  layer: 'firewall',
};

function without<T extends object, K extends keyof T>(value: T, key: K): Omit<T, K> {
  const { [key]: _, ...rest } = value;
  return rest;
}
