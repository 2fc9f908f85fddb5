/** Cause: an API server does not answer, or says that it is not ready; others may still do the work (facts §5.2). */
import { type Facts, proof } from '../../core/facts.ts';
import { CLUSTER, namespacedRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { connectResult, connects } from '../model/paths.ts';
import { podRef } from '../model/target.ts';
import { asksAboutControlPlane } from './etcd-slow.ts';
import { controlPlanePods, membersOf, sickState } from './members.ts';

export const apiServerUnreachable = defineRule({
  id: 'api-server-unreachable',
  role: 'cause',
  severity: 'critical',
  summary: 'an API server that does not answer or is not ready',
  needs: ['api-health', 'pods', 'endpoints', 'nodes', 'node-leases', 'node-tcp'],
  texts: {
    pod: 'The API server {pod} does not run as it should: {state}. {others} {others:other is|others are} known.',
    'not-ready': 'The API server says that it is not ready. Failing checks: {checks}.',
    endpoint: 'The API server at {address} cannot be reached: none of the nodes that tried got through ({from}).',
    status: 'Pod {pod} on {node}: {state}.',
    readyz: 'GET /readyz?verbose: {checks}.',
    tried: 'Connect from {from} to {address}: {result}.',
    log: 'Read its last words on its node: kubectl may not reach them while it is down.',
    checks: 'Ask every API server by its own address, not only through the load balancer.',
  },
  // No symptom; but where the control plane was asked about and not seen, its silence must not read as health.
  answers: asksAboutControlPlane,
  judge(facts, say) {
    const health = facts.get('api-health');
    const pods = controlPlanePods(facts);
    if (!health.known && !pods.known) say.undecided();
    if (health.known && !health.value.ok) {
      const failing = health.value.checks.filter((check) => !check.ok).map((check) => check.name);
      const checks = failing.length > 0 ? failing : ['readyz'];
      say.find({
        object: CLUSTER,
        confidence: 'confirmed',
        text: 'not-ready',
        data: { checks },
        because: [proof(health, 'readyz', { checks }, "kubectl get --raw '/readyz?verbose'")],
        scope: {},
        advice: [{ text: 'checks', data: {}, command: 'kubectl get endpoints -n default kubernetes' }],
      });
    }
    if (pods.known) {
      const servers = membersOf(pods.value.pods, 'kube-apiserver');
      for (const pod of servers) {
        const state = sickState(facts, pod);
        if (state === undefined) continue;
        const command = `crictl logs $(crictl ps -a --name kube-apiserver -q | head -n 1)   # on ${pod.nodeName ?? '?'}`;
        say.find({
          object: podRef(pod),
          confidence: 'confirmed',
          text: 'pod',
          data: { pod: pod.name, state, others: servers.length - 1 },
          because: [
            proof(
              pods,
              'status',
              { pod: pod.name, node: pod.nodeName ?? '?', state },
              `kubectl -n kube-system describe pod ${pod.name}`,
            ),
          ],
          scope: pod.nodeName === undefined ? {} : { nodes: [pod.nodeName] },
          advice: [{ text: 'log', data: {}, command }],
        });
      }
    }
    judgeEndpoints(facts, say);
  },
});

type Say = Parameters<typeof apiServerUnreachable.judge>[1];

/** The addresses behind the Service kubernetes, where agents tried them; one that somebody reaches is well. */
function judgeEndpoints(facts: Facts, say: Say): void {
  const endpoints = facts.get('endpoints', namespacedRef('Service', 'default', 'kubernetes'));
  if (!endpoints.known) return;
  for (const endpoint of endpoints.value.endpoints) {
    const port = endpoint.ports[0]?.port;
    if (port === undefined) continue;
    const tried = [...connects(facts).keys()].sort().flatMap((from) => {
      const result = connectResult(facts, from, endpoint.ip, port);
      const fact = connects(facts).get(from)?.fact;
      return result === undefined || fact === undefined ? [] : [{ from, result, fact }];
    });
    const [first] = tried;
    if (first === undefined || tried.some(({ result }) => result.result === 'open')) continue;
    const address = `${endpoint.ip}:${port}`;
    say.find({
      object: CLUSTER,
      confidence: tried.length > 1 ? 'confirmed' : 'likely',
      text: 'endpoint',
      data: { address, from: tried.map(({ from }) => from) },
      because: [
        proof(
          first.fact,
          'tried',
          { from: first.from, address, result: first.result.result },
          `nc -vz -w 2 ${endpoint.ip} ${port}   # on ${first.from}`,
        ),
      ],
      scope: {},
      advice: [{ text: 'checks', data: {}, command: 'kubectl get endpoints -n default kubernetes' }],
      ...(tried.length > 1 ? {} : { tryThis: `curl -k https://${address}/readyz` }),
    });
  }
}
