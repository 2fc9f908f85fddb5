/** Cause: kube-proxy does not run on an entry node, and its rules for the NodePort are missing or old (N25). */
import { type Facts, proof } from '../../core/facts.ts';
import type { RemediationHint } from '../../core/finding.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { serviceLinks } from '../links.ts';
import { serviceTarget } from '../model/target.ts';
import { expectsKubeProxy, podOn } from './kube-proxy-pods.ts';
import { sayWell } from './kube-proxy-well.ts';
import { clusterIpWorks, failsByProxy, healthy, type ProxyView, proxyViews, reachesBackends } from './view.ts';

export const kubeProxyDown = defineRule({
  id: 'kube-proxy-down',
  role: 'cause',
  severity: 'critical',
  summary: 'a kube-proxy that does not run',
  needs: [
    'services',
    'endpoints',
    'nodes',
    'node-interfaces',
    'node-kube-proxy',
    'node-leases',
    'node-listeners',
    'node-service-proxy',
    'node-tcp',
    'node-units',
    'pods',
    'workload',
  ],
  texts: {
    found: 'kube-proxy does not run on {node}, and the node has no right rule for NodePort {port}.',
    suspected: 'kube-proxy does not seem to run on {node}. What the node does with NodePort {port} could not be read.',
    idle: 'kube-proxy does not run on {node}. The rules that it left still work; they grow old.',
    beside: 'kube-proxy does not run on {node}. What it left behind grows old.',
    refused: "kube-proxy's health check on {node} (port 10256): {result}.",
    pod: 'Pod {pod} on {node}: {state}, {restarts} {restarts:restart|restarts}.',
    absent: 'No kube-proxy Pod is on {node}.',
    rules: 'The service proxy of {node} has {count} {count:entry|entries} for NodePort {port}.',
    look: 'Read the log of kube-proxy on {node} for the reason: kubectl logs -n kube-system -l k8s-app=kube-proxy --previous.',
    well: 'kube-proxy on {node} ({health}): its rule for {port} is present and right, to {destinations}.',
    'well-many':
      'kube-proxy on all {count} failing nodes ({nodes}): its rule for {port} is present and right, to {destinations}.',
    health: 'kube-proxy on {node} answers its health check with {status}.',
    entry: 'On {node} {address}:{port} goes to {destinations}.',
    socket:
      '{node} also listens on {port}. That alone would prove nothing: kube-proxy opens the socket before there are rules, and newer versions open none.',
  },
  explains: serviceLinks,
  judge(facts, say) {
    const { port } = serviceTarget(facts);
    if (port?.nodePort === undefined) return;
    sayWell(facts, port.nodePort, say);
    if (!expectsKubeProxy(facts)) return;
    for (const view of proxyViews(facts)) {
      const { node } = view.entry;
      const state = downState(facts, view);
      if (state === undefined) continue;
      const text = wording(facts, view);
      const data = { node, port: port.nodePort };
      const struck = text === 'found' || text === 'suspected';
      const sure = text !== 'suspected' && state === 'down';
      say.find({
        object: nodeRef(node),
        ...(struck ? {} : { severity: 'warning' as const }),
        text,
        data,
        because: proofs(facts, view, port.nodePort),
        scope: struck ? { nodes: [node] } : {},
        advice: [{ text: 'look', data }],
        ...remedyFor(facts, node),
        ...(sure
          ? { confidence: 'confirmed' }
          : {
              confidence: 'likely',
              tryThis: `curl -s http://127.0.0.1:10256/healthz; pgrep -a kube-proxy   # on ${node}`,
            }),
      });
    }
  },
});

/**
 * A kube-proxy that is a unit is started. A Pod that hangs is deleted; kubelet restarts one that crashes anyway, and of one
 * that is not there nothing can be restarted.
 */
function remedyFor(facts: Facts, node: string): { remediations?: RemediationHint[] } {
  const units = facts.get('node-units', nodeRef(node));
  const unit = units.known ? units.value.find((one) => one.name === 'kube-proxy.service') : undefined;
  if (unit?.loadState === 'loaded' && ['inactive', 'failed'].includes(unit.activeState))
    return { remediations: [{ id: 'start-kube-proxy', params: { node } }] };
  const pod = podOn(facts, node);
  if (pod?.name === undefined || /BackOff|Err|Invalid/.test(pod.state)) return {};
  return { remediations: [{ id: 'restart-kube-proxy', params: { node } }] };
}

/**
 * `down`: its health check refuses, and its Pod does not run or is not there; `maybe`: it refuses and nobody knows of the
 * Pod. A Pod that runs has only its health check elsewhere.
 */
function downState(facts: Facts, view: ProxyView): 'down' | 'maybe' | undefined {
  if (view.health?.value.healthz.result !== 'refused') return undefined;
  const pod = podOn(facts, view.entry.node);
  if (pod === undefined) {
    // Without word of the Pods: others that answer show that the health check is where it is looked for.
    return proxyViews(facts).some((other) => healthy(other) === true) ? 'down' : 'maybe';
  }
  return pod.running ? undefined : 'down';
}

function wording(facts: Facts, view: ProxyView): 'found' | 'suspected' | 'idle' | 'beside' {
  const { node } = view.entry;
  if (failsByProxy(view) && clusterIpWorks(facts, node) !== true) return 'found';
  if (view.state === 'right') return 'idle';
  const blind = view.rules === undefined && view.expected && view.entry.state === 'fails';
  return blind && clusterIpWorks(facts, node) === false && reachesBackends(facts, node) === true
    ? 'suspected'
    : 'beside';
}

function proofs(facts: Facts, view: ProxyView, port: number) {
  const { node } = view.entry;
  const pod = podOn(facts, node);
  const { health, rules } = view;
  const result = health?.value.healthz.result ?? '';
  const command = `curl -s http://127.0.0.1:10256/healthz   # on ${node}`;
  return [
    ...(health === undefined ? [] : [proof(health, 'refused' as const, { node, result }, command)]),
    ...(pod === undefined
      ? []
      : pod.name === undefined
        ? [proof(pod.list, 'absent' as const, { node })]
        : [proof(pod.list, 'pod' as const, { node, pod: pod.name, state: pod.state, restarts: pod.restarts })]),
    ...(rules === undefined ? [] : [proof(rules, 'rules' as const, { node, port, count: view.matching.length })]),
  ];
}
