/** Cause: kube-proxy does not run on an entry node, and its rules for the NodePort are missing or old (N25). */
import { type Facts, proof } from '../../core/facts.ts';
import { namespacedRef, nodeRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { splitLink } from '../links.ts';
import { serviceTarget } from '../model/target.ts';
import { clusterIpWorks, healthy, type ProxyView, proxyViews, suspects } from './view.ts';

export const kubeProxyDown = defineRule({
  id: 'kube-proxy-down',
  role: 'cause',
  severity: 'critical',
  summary: 'a kube-proxy that does not run',
  needs: [
    'services',
    'endpoints',
    'nodes',
    'node-tcp',
    'node-service-proxy',
    'node-kube-proxy',
    'node-listeners',
    'workload',
    'pods',
  ],
  texts: {
    found: 'kube-proxy does not run on {node}, and the node has no right rule for NodePort {port}.',
    idle: 'kube-proxy does not run on {node}. The rules that it left still work; they grow old.',
    refused: "kube-proxy's health check on {node} (port 10256): {result}.",
    rules: 'The service proxy of {node} has {count} entries for NodePort {port}{where}.',
    well: 'kube-proxy on {node}: {health}, and its rule for {port} is present and right (to {destinations}).',
    health: 'kube-proxy on {node} answers its health check with {status}.',
    entry: 'On {node} {address}:{port} goes to {destinations}.',
    socket:
      '{node} also listens on {port}. That alone would prove nothing: kube-proxy opens the socket before there are rules, and newer versions open none.',
  },
  explains: { 'node-port-unreachable': splitLink, 'service-unreachable': splitLink },
  judge(facts, say) {
    const { port } = serviceTarget(facts);
    if (port?.nodePort === undefined || !expectsKubeProxy(facts)) return;
    for (const view of suspects(facts)) {
      if (view.right === true && healthy(view) !== false) sayWell(facts, view, port.nodePort, say);
    }
    for (const view of proxyViews(facts)) {
      const node = view.entry.node;
      const health = view.health;
      if (health === undefined || healthy(view) !== false || health.value.healthz.result === 'answered') continue;
      const refused = proof(
        health,
        'refused' as const,
        { node, result: health.value.healthz.result },
        `curl -s http://127.0.0.1:10256/healthz   # on ${node}`,
      );
      const broken = view.right === false && view.entry.state !== 'works' && clusterIpWorks(facts, node) !== true;
      const rules =
        view.rules === undefined
          ? []
          : [
              proof(view.rules, 'rules' as const, {
                node,
                count: view.matching.length,
                port: port.nodePort,
                where: '',
              }),
            ];
      say.find({
        object: nodeRef(node),
        ...(broken ? {} : { severity: 'warning' as const }),
        confidence: 'confirmed',
        text: broken ? 'found' : 'idle',
        data: { node, port: port.nodePort },
        because: [refused, ...rules],
        scope: broken ? { nodes: [node] } : {},
        remediations: [{ id: 'restart-kube-proxy', params: { node } }],
      });
    }
  },
});

/** kube-proxy's DaemonSet, or a node whose kube-proxy answers: without either another proxy may be in charge. */
function expectsKubeProxy(facts: Facts): boolean {
  const daemonSet = facts.get('workload', namespacedRef('DaemonSet', 'kube-system', 'kube-proxy'));
  return daemonSet.known || proxyViews(facts).some((view) => healthy(view) === true);
}

type SayWell = Parameters<typeof kubeProxyDown.judge>[1];

/** Where the NodePort fails though kube-proxy is well: the proof that it is not kube-proxy, and what the socket is worth. */
function sayWell(facts: Facts, view: ProxyView, port: number, say: SayWell): void {
  const node = view.entry.node;
  const entry = view.matching.find((e) => e.verdict === 'forward');
  if (view.rules === undefined || entry === undefined) return;
  const destinations = entry.destinations.slice(0, 5).map((d) => `${d.ip}:${d.port}`);
  const status = view.health?.value.healthz.status;
  const sockets = facts.get('node-listeners', nodeRef(node));
  const socket = sockets.known && sockets.value.some((l) => l.protocol === 'tcp' && l.port === port);
  const command = view.rules.value.modes.includes('ipvs')
    ? `ipvsadm -Ln -t ${view.entry.address}:${port}`
    : `iptables-save -t nat | grep -- '--dport ${port}'`;
  say.clear({
    object: nodeRef(node),
    text: 'well',
    data: { node, port, destinations, health: status === undefined ? 'its health was not read' : `healthz ${status}` },
    because: [
      ...(view.health === undefined || status === undefined
        ? []
        : [
            proof(
              view.health,
              'health' as const,
              { node, status },
              `curl -s http://127.0.0.1:10256/healthz   # on ${node}`,
            ),
          ]),
      proof(view.rules, 'entry', { node, address: entry.address, port, destinations }, `${command}   # on ${node}`),
      ...(socket && sockets.known
        ? [proof(sockets, 'socket' as const, { node, port }, `ss -ltn 'sport = :${port}'   # on ${node}`)]
        : []),
    ],
  });
}
