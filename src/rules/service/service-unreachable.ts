/** Symptom: a Service's ClusterIP does not answer from some or all nodes (probe P5), for questions about Services. */
import { proof } from '../../core/facts.ts';
import { defineRule } from '../../core/rule.ts';
import { clusterIpProbe, connects } from '../model/paths.ts';
import { serviceTarget } from '../model/target.ts';

export const serviceUnreachable = defineRule({
  id: 'service-unreachable',
  role: 'symptom',
  severity: 'critical',
  summary: 'a Service whose ClusterIP does not answer from every node',
  needs: ['services', 'nodes', 'node-tcp'],
  texts: {
    found: '{service} ({address}) does not answer from {failing}. It answers from {working}.',
    everywhere: '{service} ({address}) does not answer from any node that was tried: {failing}.',
    reported: '{service} is reported as not reachable. No agent could try it.',
    tried: 'Connect from {from} to {address}: {result}.',
  },
  answers: (question) => question.type === 'why-not-reachable' && question.target.kind === 'Service',
  judge(facts, say) {
    const { service, ref, port } = serviceTarget(facts);
    if (facts.question.type !== 'why-not-reachable' || service === undefined || ref === undefined || port === undefined)
      return;
    const [ip] = service.clusterIPs;
    if (ip === undefined) return;
    const tried = [...connects(facts).values()].flatMap((node) => {
      const result = clusterIpProbe(facts, node.node);
      return result === undefined ? [] : [{ ...node, result }];
    });
    const address = `${ip}:${port.port}`;
    const label = `${service.namespace}/${service.name}`;
    const failing = tried.filter((t) => t.result.result !== 'open');
    const working = tried.filter((t) => t.result.result === 'open');
    if (tried.length === 0 && facts.question.target.kind === 'Service' && port.nodePort === undefined) {
      say.undecided();
      say.find({
        object: ref,
        confidence: 'likely',
        text: 'reported',
        data: { service: label, address },
        because: [],
        scope: {},
      });
    }
    if (failing.length === 0) return;
    say.find({
      object: ref,
      confidence: 'confirmed',
      text: working.length === 0 ? 'everywhere' : 'found',
      data: { service: label, address, failing: failing.map((t) => t.node), working: working.map((t) => t.node) },
      because: [...failing.slice(0, 2), ...working.slice(0, 1)].map((t) =>
        proof(
          t.fact,
          'tried',
          { from: t.node, address, result: t.result.result },
          `nc -vz -w 2 ${ip} ${port.port}   # on ${t.node}`,
        ),
      ),
      scope: { nodes: failing.map((t) => t.node), working: working.map((t) => t.node) },
    });
  },
});
