/** Sends one port of a Service to the port on which its Pods are seen to answer (facts §6 R07). */
import { z } from 'zod';
import type { PodObject } from '../core/evidence/workload.ts';
import { namespacedRef } from '../core/object-ref.ts';
import { stateOf } from '../core/object-state.ts';
import { type ApiStep, defineRemediation, type PlanInput } from '../core/remediation.ts';
import { COMMON_TEXTS, expectOf, opened, refOf, targetOf, wantObject, wrongKind } from './application-parts.ts';
import { rightsOf } from './draft.ts';
import { linesOf, refused } from './lines.ts';
import { isReady } from './nodes.ts';
import { ownerNotes, refusedByOwner } from './owner-texts.ts';

const TEXTS = {
  ...COMMON_TEXTS,
  title: 'Send port {port} of Service {service} to {to} in place of {from}',
  step: 'Service {service}, port {port}: targetPort from {from} to {to}. Nothing else of it changes.',
  back: 'Service {service}, port {port}: targetPort back to {from}.',
  blast: 'Only this port of Service {service}. It serves nobody now; its clients reach the Pods within seconds.',
  seen: '{pod} listens on {to}, and not for itself only.',
  answered: '{pod} answered on {to} from {node}.',
  probed: '{pod} is Ready, and kubelet asks it on {to}.',
  after: 'Every node is asked again whether the Service answers.',
  'no-port': 'Say which port: the evidence names no single one on which the application listens.',
  'bad-port': '{to} is no port: a number from 1 to 65535, or the name of a container port.',
  unproven: 'No Pod of {service} is seen to answer on {to}. Nothing is sent to a port that nobody is seen to serve.',
  same: 'Service {service} sends port {port} to {to} already.',
  changed: 'Port {port} of Service {service} is no longer as it was when this was found.',
  'two-ports': 'Service {service} has two ports {port}. Which one is meant cannot be told.',
} as const;
const say = linesOf(TEXTS);

const TargetPort = z.union([z.number(), z.string()]);
const Service = z.looseObject({
  spec: z.looseObject({
    selector: z.record(z.string(), z.string()).optional(),
    ports: z.array(
      z.looseObject({ port: z.number(), protocol: z.string().default('TCP'), targetPort: TargetPort.optional() }),
    ),
  }),
});

export const fixServiceTargetPort = defineRemediation({
  id: 'fix-service-target-port',
  summary: 'Send a port of a Service to the port on which its Pods answer',
  fixes: ['service-target-port-name-missing', 'service-target-port-wrong'],
  texts: TEXTS,
  rights: [
    { verb: 'get', group: '', resource: 'services' },
    { verb: 'patch', group: '', resource: 'services' },
  ],
  wants: ({ finding }) => wantObject(targetOf(finding.object, ['Service'])),
  plan(input) {
    const { finding, params } = input;
    const target = targetOf(finding.object, ['Service']);
    if (target === undefined) return wrongKind(finding.object);
    const service = `${target.namespace ?? ''}/${target.name}`;
    const to = wantedPort(params['targetPort']);
    if (params['targetPort'] === undefined) return refused(say('no-port'));
    if (to === undefined) return refused(say('bad-port', { to: String(params['targetPort']).slice(0, 60) }));
    const found = opened(input, target, Service);
    if (found.refused !== undefined) return found.refused;
    const { ports } = found.value.spec;
    const entry = entryOf(input, ports, { service, to });
    if ('status' in entry) return entry;
    const { port, targetPort: from } = entry;
    const data = { service, port, from, to };
    const seen = proofOf(input, to, entry.protocol);
    if (seen === undefined) return refused(say('unproven', data));
    const fixed = ports.map((one, index) => (index === entry.index ? { ...one, targetPort: to } : one));
    const kept = refusedByOwner(found.object, { spec: { ports: fixed } });
    if (kept !== undefined) return kept;
    const step = (was: string | number, will: string | number, text: 'step' | 'back'): ApiStep => ({
      type: 'api',
      verb: 'patch',
      target,
      patch: 'json',
      // The place in the list is meant, and only while the same port stands there.
      body: [
        { op: 'test', path: `/spec/ports/${entry.index}/port`, value: entry.port },
        { op: 'test', path: `/spec/ports/${entry.index}/targetPort`, value: was },
        { op: 'replace', path: `/spec/ports/${entry.index}/targetPort`, value: will },
      ],
      before: stateOf(found.object),
      says: say(text, data),
    });
    const steps = [step(from, to, 'step')];
    return {
      status: 'draft',
      draft: {
        remediation: 'fix-service-target-port',
        params: { targetPort: to },
        object: refOf(found.object),
        title: say('title', data),
        steps,
        undo: [step(to, from, 'back')],
        nodes: [],
        blast: [say('blast', data)],
        checksBefore: [seen],
        checksAfter: [say('after')],
        notes: ownerNotes(found.object),
        rights: rightsOf(steps),
        expect: expectOf(input, [], 120),
      },
    };
  },
});

/** The one port that the finding speaks of, still as it was found; or why it is not told. */
function entryOf(
  { finding, question }: PlanInput,
  ports: z.infer<typeof Service>['spec']['ports'],
  { service, to }: { readonly service: string; readonly to: string | number },
) {
  const port = Number(finding.data['port']);
  const asked = question.target.protocol;
  const fits = ports.flatMap((one, index) =>
    one.port === port && (asked === undefined || one.protocol === asked)
      ? [{ port, protocol: one.protocol, targetPort: one.targetPort ?? one.port, index }]
      : [],
  );
  const [entry] = fits;
  if (fits.length > 1) return refused(say('two-ports', { service, port }));
  if (entry?.targetPort === to) return refused(say('same', { service, port, to }));
  const was = finding.data['target'] ?? finding.data['name'];
  if (entry === undefined || String(entry.targetPort) !== String(was))
    return refused(say('changed', { service, port }));
  return entry;
}

function wantedPort(value: string | number | undefined): string | number | undefined {
  const number = Number(value);
  if (Number.isInteger(number) && String(value) !== '') return number >= 1 && number <= 65_535 ? number : undefined;
  // IANA_SVC_NAME: what a container port may be called.
  const name = String(value);
  return /^(?=.*[a-z])[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$/.test(name) && !name.includes('--') ? name : undefined;
}

/** The sentence that proves that some Pod of the Service serves the port; undefined where nothing does. */
function proofOf(input: PlanInput, to: string | number, protocol: string) {
  const { namespace = '', name } = input.finding.object;
  const pods = input.facts.get('pods', namespacedRef('Service', namespace, name));
  if (!pods.known || protocol !== 'TCP') return undefined;
  for (const pod of pods.value.pods) {
    const number = typeof to === 'number' ? to : numberOf(pod, to, protocol);
    if (number === undefined || pod.deletionTime !== undefined) continue;
    const proof = answered(input, pod, number) ?? listens(input, pod, number) ?? probed(input, pod, to, number);
    if (proof !== undefined) return proof;
  }
  return undefined;
}

function numberOf(pod: PodObject, name: string, protocol: string): number | undefined {
  const ports = pod.containers.flatMap((container) => container.ports);
  return ports.find((port) => port.name === name && port.protocol === protocol)?.containerPort;
}

const nameOf = (pod: PodObject): string => `${pod.namespace}/${pod.name}`;

function answered({ facts }: PlanInput, pod: PodObject, port: number) {
  for (const fact of facts.all('node-tcp')) {
    if (!fact.known) continue;
    const open = fact.value.some(
      (one) => one.result === 'open' && one.port === port && pod.podIPs.includes(one.address),
    );
    if (open) return say('answered', { pod: nameOf(pod), to: port, node: fact.object.name });
  }
  return undefined;
}

/** On the host's network other programs of the node listen too. */
function listens({ facts }: PlanInput, pod: PodObject, port: number) {
  const sockets = facts.get('pod-listeners', namespacedRef('Pod', pod.namespace, pod.name));
  if (!sockets.known || pod.hostNetwork) return undefined;
  const open = sockets.value.some(
    (one) => one.protocol === 'tcp' && one.port === port && !/^(127\.|::1$|::ffff:127\.)/.test(one.address),
  );
  return open ? say('seen', { pod: nameOf(pod), to: port }) : undefined;
}

/** kubelet itself connects for a readiness probe: a Pod that is Ready answered there. */
function probed({ facts }: PlanInput, pod: PodObject, to: string | number, port: number) {
  // The status of a Pod on a silent node is old.
  if (pod.nodeName === undefined || !isReady(facts, pod.nodeName)) return undefined;
  const ready = pod.conditions.some((one) => one.type === 'Ready' && one.status === 'True');
  const asks = pod.containers.some(({ readinessProbe: probe }) => {
    if (probe === undefined || probe.type === 'exec') return false;
    return probe.port === to || probe.port === port;
  });
  return ready && asks ? say('probed', { pod: nameOf(pod), to }) : undefined;
}
