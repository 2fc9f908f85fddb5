/** Cause: nothing listens on the port that the Service sends to, nor on another that it might mean (N22). */
import { type Facts, proof } from '../../core/facts.ts';
import { defineRule } from '../../core/rule.ts';
import { type BackendProbe, backendProbes, connects } from '../model/paths.ts';
import { backends, serviceTarget } from '../model/target.ts';
import { endpointLinks } from './endpoint-links.ts';
import { serviceFails } from './failing.ts';
import { byOwnerOf, type RefusedBackend, refusedBackends, sendsElsewhere, targetText } from './listeners.ts';

const MAX_PROOFS = 2;
/** An endpoint that nobody tried is not cleared; of more than an agent tries, those that it tried count. */
const TRIED = 20;

type TextId = 'sockets' | 'refused' | 'open' | 'open-own';

export const appNotListening = defineRule({
  id: 'app-not-listening',
  role: 'cause',
  severity: 'critical',
  summary: 'a Pod in which nothing listens',
  needs: ['services', 'endpoints', 'nodes', 'pods', 'node-tcp', 'pod-listeners'],
  texts: {
    found: 'Nothing listens on port {port} in {pods} of {owner}. The {pods:Pod is|Pods are} up and refuse the connect.',
    unseen:
      '{pods} of {owner} {pods:refuses|refuse} connects on port {port}, from the own node too. The sockets could not be read.',
    sockets: 'Listening sockets in {pod}: {ports}.',
    refused: 'Connect from {node}, the node of the Pod, to {target}: refused.',
    answers: 'The application behind {service} listens and answers: {count} of {count} endpoints, tried directly.',
    open: 'Connect from {node} to {target}: open.',
    'open-own': 'Connect from {node}, the node of the Pod, to {target}: open.',
  },
  explains: endpointLinks(['refused']),
  judge(facts, say) {
    const silent = refusedBackends(facts).filter((r) => isSilent(facts, r));
    for (const group of byOwnerOf(silent)) {
      const seen = group.filter((r) => r.fact !== undefined);
      const shown = seen.length > 0 ? seen : group;
      const [first] = shown;
      if (first === undefined) continue;
      const { namespace = '', name } = first.pod;
      const tryThis = `kubectl exec -n ${namespace} ${name} -- cat /proc/net/tcp /proc/net/tcp6`;
      say.find({
        object: first.owner,
        data: {
          owner: `${first.owner.kind}/${first.owner.name}`,
          port: first.probe.backend.port,
          pods: shown.map((r) => r.pod.name),
          targets: shown.map((r) => targetText(r.probe.backend)),
        },
        because: shown.slice(0, MAX_PROOFS).flatMap(proofs),
        scope: {},
        ...(seen.length > 0
          ? { confidence: 'confirmed', text: 'found' }
          : { confidence: 'likely', text: 'unseen', tryThis }),
      });
    }
    sayAnswers(facts, say);
  },
});

/** Where the Service sends to the wrong port in every Pod, the Service is at fault, and that rule speaks. */
function isSilent(facts: Facts, { fault }: RefusedBackend): boolean {
  if (fault === 'silent') return true;
  return (fault === 'other-port' || fault === 'unseen') && !sendsElsewhere(facts);
}

function proofs(one: RefusedBackend) {
  const ports = one.tcp.length === 0 ? ['none'] : one.tcp.map((l) => `${l.address}:${l.port}`);
  const data = { node: one.probe.from, target: targetText(one.probe.backend) };
  return [
    ...(one.fact === undefined ? [] : [proof<TextId>(one.fact, 'sockets', { pod: one.pod.name, ports })]),
    proof<TextId>(one.connectFact, 'refused', data, connectCommand(one.probe)),
  ];
}

/** Where the Service fails though each endpoint answers directly: the proof that it is not the application. */
function sayAnswers(facts: Facts, say: Parameters<typeof appNotListening.judge>[1]): void {
  const { service, ref } = serviceTarget(facts);
  if (service === undefined || ref === undefined || !serviceFails(facts)) return;
  const all = backends(facts).slice(0, TRIED);
  const answering = all.flatMap((b) => openProbe(facts, b.ip, b.port) ?? []);
  const [first] = answering;
  const fact = first === undefined ? undefined : connects(facts).get(first.from)?.fact;
  if (first === undefined || fact === undefined || answering.length < all.length) return;
  const target = targetText(first.backend);
  say.clear({
    object: ref,
    text: 'answers',
    data: { service: `${service.namespace}/${service.name}`, count: answering.length },
    because: [
      proof<TextId>(fact, first.own ? 'open-own' : 'open', { node: first.from, target }, connectCommand(first)),
    ],
  });
}

/** The connect that shows most: from the Pod's own node where there is one. */
function openProbe(facts: Facts, ip: string, port: number): BackendProbe | undefined {
  const open = backendProbes(facts).filter(
    (p) => p.backend.ip === ip && p.backend.port === port && p.result.result === 'open',
  );
  return open.find((p) => p.own) ?? open[0];
}

function connectCommand({ backend, from }: BackendProbe): string {
  return `nc -vz -w 2 ${backend.ip} ${backend.port}   # on ${from}`;
}
