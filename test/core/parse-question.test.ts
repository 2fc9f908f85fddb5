/** What people type, in every usual form, and what they are told where it cannot be understood. */
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import { parseQuestion } from '../../src/core/parse-question.ts';
import { Question, questionText } from '../../src/core/question.ts';

const UNDERSTOOD: [string, Partial<Question['target']>, { from?: string; at?: string }?][] = [
  ['why-not-reachable 30080', { kind: 'NodePort', nodePort: 30080 }],
  ['why-not-reachable :30080', { kind: 'NodePort', nodePort: 30080 }],
  ['why-not-reachable port 30080', { kind: 'NodePort', nodePort: 30080 }],
  ['why-not-reachable 30080/udp', { kind: 'NodePort', nodePort: 30080, protocol: 'UDP' }],
  ['WHY-NOT-REACHABLE 30080/TCP', { kind: 'NodePort', nodePort: 30080, protocol: 'TCP' }],
  ['why-not-reachable jenkins-svc', { kind: 'Service', name: 'jenkins-svc' }],
  ['why-not-reachable ci/jenkins-svc', { kind: 'Service', namespace: 'ci', name: 'jenkins-svc' }],
  ['why-not-reachable ci/jenkins-svc:http', { kind: 'Service', namespace: 'ci', name: 'jenkins-svc', port: 'http' }],
  ['why-not-reachable ci/jenkins-svc:80', { kind: 'Service', namespace: 'ci', name: 'jenkins-svc', port: 80 }],
  ['why-not-reachable ci/dns:53/udp', { kind: 'Service', namespace: 'ci', name: 'dns', port: 53, protocol: 'UDP' }],
  ['why-not-reachable svc/x', { kind: 'Service', name: 'x' }],
  ['why-not-reachable svc/ci/x:80', { kind: 'Service', namespace: 'ci', name: 'x', port: 80 }],
  ['why-not-reachable svc x -n ci', { kind: 'Service', namespace: 'ci', name: 'x' }],
  ['why-not-reachable x --namespace=ci', { kind: 'Service', namespace: 'ci', name: 'x' }],
  ['why-not-reachable 30080 from k8smater1', { kind: 'NodePort', nodePort: 30080 }, { from: 'k8smater1' }],
  ['why-not-reachable 30080 at 172.17.73.66', { kind: 'NodePort', nodePort: 30080 }, { at: '172.17.73.66' }],
  [
    'why-not-reachable 30080 from 10.1.2.3 at node/k8smater1',
    { nodePort: 30080 },
    { from: '10.1.2.3', at: 'k8smater1' },
  ],
  ['why-not-reachable 30080 --from a --at b', { nodePort: 30080 }, { from: 'a', at: 'b' }],
  ['why-not-reachable 30080 —at b', { nodePort: 30080 }, { at: 'b' }],
  ['why-not-reachable 30080 at fd00::1', { nodePort: 30080 }, { at: 'fd00::1' }],
  ['why-not-reachable http://172.17.73.66:30080', { nodePort: 30080 }, { at: '172.17.73.66' }],
  ['why-not-reachable http://172.17.73.66:30080/login?x=1', { nodePort: 30080 }, { at: '172.17.73.66' }],
  ['why-not-reachable <http://1.2.3.4:30080|1.2.3.4:30080>', { nodePort: 30080 }, { at: '1.2.3.4' }],
  ['why-not-reachable <http://1.2.3.4:30080>', { nodePort: 30080 }, { at: '1.2.3.4' }],
  ['why-not-reachable 1.2.3.4:30080', { nodePort: 30080 }, { at: '1.2.3.4' }],
  ['why-not-reachable [fd00::1]:30080', { nodePort: 30080 }, { at: 'fd00::1' }],
  ['why-not-reachable http://k8smater1:30080', { nodePort: 30080 }, { at: 'k8smater1' }],
  ['why-not-reachable `30080`', { nodePort: 30080 }],
  ['diagnose node/k8scephnode', { kind: 'Node', name: 'k8scephnode' }],
  ['diagnose node <http://n1.example.com|n1.example.com>', { kind: 'Node', name: 'n1.example.com' }],
  ['diagnose node k8scephnode', { kind: 'Node', name: 'k8scephnode' }],
  ['diagnose no/k8scephnode', { kind: 'Node', name: 'k8scephnode' }],
  ['diagnose pod ci/x', { kind: 'Pod', namespace: 'ci', name: 'x' }],
  ['diagnose po x -n ci', { kind: 'Pod', namespace: 'ci', name: 'x' }],
  ['diagnose svc ci/x', { kind: 'Service', namespace: 'ci', name: 'x' }],
  ['diagnose deploy shop/web', { kind: 'Deployment', namespace: 'shop', name: 'web' }],
  ['diagnose deployments web', { kind: 'Deployment', name: 'web' }],
  ['diagnose rs shop/web-1', { kind: 'ReplicaSet', namespace: 'shop', name: 'web-1' }],
  ['diagnose sts shop/db', { kind: 'StatefulSet', namespace: 'shop', name: 'db' }],
  ['diagnose ds kube-system/calico-node', { kind: 'DaemonSet', namespace: 'kube-system', name: 'calico-node' }],
  ['diagnose job shop/import', { kind: 'Job', namespace: 'shop', name: 'import' }],
  ['diagnose ns shop', { kind: 'Namespace', name: 'shop' }],
  ['diagnose pvc shop/data', { kind: 'PersistentVolumeClaim', namespace: 'shop', name: 'data' }],
  ['diagnose persistentvolumeclaim/data -n shop', { kind: 'PersistentVolumeClaim', namespace: 'shop', name: 'data' }],
  ['diagnose pv pv-1', { kind: 'PersistentVolume', name: 'pv-1' }],
  ['diagnose persistentvolumes/pv-1', { kind: 'PersistentVolume', name: 'pv-1' }],
  ['diagnose calico', { kind: 'Component', name: 'calico' }],
  ['diagnose control plane', { kind: 'Component', name: 'control-plane' }],
  ['diagnose control-plane', { kind: 'Component', name: 'control-plane' }],
  ['diagnose Cluster', { kind: 'Component', name: 'cluster' }],
  ['diagnose ci/jenkins-svc:80', { kind: 'Service', namespace: 'ci', name: 'jenkins-svc', port: 80 }],
  ['diagnose jenkins-svc', { kind: 'Service', name: 'jenkins-svc' }],
  ['diagnose 30080', { kind: 'NodePort', nodePort: 30080 }],
  ['preflight', { kind: 'Component', name: 'cluster' }],
];

describe('what is understood', () => {
  test.each(UNDERSTOOD)('%s', (text, target, ends = {}) => {
    const question = parseQuestion(text.split(' '));
    expect(question.target).toMatchObject(target);
    expect(Object.keys(question.target).sort()).toEqual(expect.arrayContaining(Object.keys(target)));
    expect({ from: question.from, at: question.at }).toEqual({ from: ends.from, at: ends.at });
    expect(Question.parse(question)).toEqual(question);
  });

  test('the question as text is understood again as the same question', () => {
    for (const [text] of UNDERSTOOD) {
      const question = parseQuestion(text.split(' '));
      const { protocol: _, ...target } = question.target;
      expect(parseQuestion([questionText(question)]).target, text).toEqual(target);
    }
  });

  test('the namespace of the terminal holds where the words name none', () => {
    expect(parseQuestion(['diagnose', 'pod', 'x'], { namespace: 'ci' }).target).toMatchObject({ namespace: 'ci' });
    expect(parseQuestion(['diagnose', 'pod', 'a/x'], { namespace: 'ci' }).target).toMatchObject({ namespace: 'a' });
    expect(parseQuestion(['diagnose', 'node', 'x'], { namespace: 'ci' }).target).not.toHaveProperty('namespace');
    expect(parseQuestion(['diagnose', 'pv', 'x'], { namespace: 'ci' }).target).not.toHaveProperty('namespace');
  });
});

const REFUSED: [string, string, string?][] = [
  ['', 'question-empty'],
  ['why-not-reachabel 30080', 'unknown-verb', 'why-not-reachable'],
  ['diagnos node x', 'unknown-verb', 'diagnose'],
  ['xyzzy', 'unknown-verb'],
  ['why-not-reachable', 'target-missing'],
  ['diagnose', 'target-missing'],
  ['diagnose node', 'target-missing'],
  ['diagnose noed x', 'unknown-kind', 'node'],
  ['diagnose deplyo/x', 'unknown-kind', 'deploy'],
  ['diagnose calcio', 'unknown-kind', 'calico'],
  ['why-not-reachable 0', 'port-out-of-range'],
  ['why-not-reachable 70000', 'port-out-of-range'],
  ['why-not-reachable -1', 'port-out-of-range'],
  ['why-not-reachable --form x', 'unknown-flag', '--from'],
  ['why-not-reachable x:99999', 'port-out-of-range'],
  ['why-not-reachable 1.2.3.4:99999', 'port-out-of-range'],
  ['why-not-reachable 30080/upd', 'unknown-protocol', 'udp'],
  ['why-not-reachable 30080 --form x', 'unknown-flag', '--from'],
  ['why-not-reachable 30080 --from', 'flag-value-missing'],
  ['why-not-reachable 30080 at', 'flag-value-missing'],
  ['why-not-reachable 30080 please now', 'too-many-words'],
  ['preflight now', 'too-many-words'],
  ['diagnose calico now', 'too-many-words'],
  ['diagnose control plane now', 'too-many-words'],
  ['why-not-reachable node/x', 'target-not-reachable'],
  ['why-not-reachable A_B', 'name-invalid'],
  ['why-not-reachable a/b/c', 'name-invalid'],
  ['why-not-reachable 30080 at $(reboot)', 'place-invalid'],
  ['diagnose pod ci/', 'name-invalid'],
  [`why-not-reachable ${'x'.repeat(10_000)}`, 'question-too-long'],
  ['diagnose node k8s\u202Erotsam', 'unseen-characters'],
  ['diagnose node k8s\u0007', 'unseen-characters'],
  ['diagnose node k8s\u200Bmaster', 'unseen-characters'],
  ['diagnose node <@U123>', 'name-invalid'],
];

describe('what is refused, in one sentence', () => {
  test.each(REFUSED)('%s', (text, code, near) => {
    let thrown: unknown;
    try {
      parseQuestion(text.split(' '));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(UserError);
    const error = thrown as UserError;
    expect(error.code).toBe(code);
    expect(error.data['nearest']).toBe(near);
    expect(error.message.length).toBeLessThan(300);
    expect(error.message).not.toMatch(/[\p{Cc}\u202a-\u202e\u200b]/u);
  });
});
