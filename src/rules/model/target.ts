/** What the question is about, as the evidence resolves it: the Service behind a port, its port, its endpoints. */
import type { Endpoint, NodeObject, PodObject, ServiceObject, ServicePort } from '../../core/evidence/cluster-types.ts';
import type { Fact, Facts } from '../../core/facts.ts';
import type { Finding } from '../../core/finding.ts';
import { addressOf, parseIp } from '../../core/ip.ts';
import { namespacedRef, nodeRef, type ObjectRef, sameRef } from '../../core/object-ref.ts';
import type { Question, Target } from '../../core/question.ts';
import { nodesByName } from './nodes.ts';

/** The Service that was asked about and the port of it; `service` is undefined where none has that NodePort or name. */
export interface ServiceTarget {
  readonly service: ServiceObject | undefined;
  readonly ref: ObjectRef | undefined;
  readonly port: ServicePort | undefined;
  /** A Service has the NodePort only under another protocol. */
  readonly otherProtocol: ServiceObject | undefined;
  /** Known and false: Services could not be listed. */
  readonly servicesKnown: boolean;
}

/** Resolves the target of a question about reachability; for other questions all is undefined. */
export function serviceTarget(facts: Facts): ServiceTarget {
  return facts.model(computeTarget);
}

function computeTarget(facts: Facts): ServiceTarget {
  const none = { service: undefined, ref: undefined, port: undefined, otherProtocol: undefined };
  const { target } = facts.question;
  if (target.kind !== 'NodePort' && target.kind !== 'Service') return { ...none, servicesKnown: true };
  const list = facts.get('services');
  if (!list.known) return { ...none, servicesKnown: false };
  const { services } = list.value;
  if (target.kind === 'NodePort' || target.name === undefined) {
    const protocol = target.protocol ?? 'TCP';
    const exact = services.find((s) => portByNodePort(s, target.nodePort, protocol) !== undefined);
    const other = services.find((s) => s.ports.some((p) => p.nodePort === target.nodePort));
    // Who names no protocol means the one that there is.
    const service = exact ?? (target.protocol === undefined ? other : undefined);
    if (service === undefined) return { ...none, otherProtocol: other, servicesKnown: true };
    const port = portByNodePort(service, target.nodePort, protocol);
    return {
      ...resolved(service, port ?? service.ports.find((p) => p.nodePort === target.nodePort)),
      otherProtocol: undefined,
      servicesKnown: true,
    };
  }
  const service = services.find(
    (s) => s.name === target.name && (target.namespace === undefined || s.namespace === target.namespace),
  );
  if (service === undefined) return { ...none, servicesKnown: true };
  return { ...resolved(service, portByTarget(service, target)), otherProtocol: undefined, servicesKnown: true };
}

function resolved(
  service: ServiceObject,
  port: ServicePort | undefined,
): Pick<ServiceTarget, 'service' | 'ref' | 'port'> {
  return { service, ref: namespacedRef('Service', service.namespace, service.name), port };
}

function portByNodePort(
  service: ServiceObject,
  nodePort: number | undefined,
  protocol: string,
): ServicePort | undefined {
  return service.ports.find((p) => p.nodePort === nodePort && p.protocol === protocol);
}

/** The port named by number or name; without one, the first that has a NodePort, else the first. */
function portByTarget(service: ServiceObject, target: Target): ServicePort | undefined {
  const asked = (ports: readonly ServicePort[]): ServicePort | undefined =>
    ports.find((p) => p.protocol === (target.protocol ?? 'TCP')) ??
    (target.protocol === undefined ? ports[0] : undefined);
  if (target.nodePort !== undefined) return asked(service.ports.filter((p) => p.nodePort === target.nodePort));
  if (target.port !== undefined)
    return asked(service.ports.filter((p) => p.port === target.port || p.name === target.port));
  return asked(service.ports.filter((p) => p.nodePort !== undefined)) ?? asked(service.ports);
}

/** One ready endpoint of the target's port: where the packet must arrive. */
export interface Backend {
  readonly ip: string;
  readonly port: number;
  readonly node: string | undefined;
  readonly pod: ObjectRef | undefined;
}

/** The endpoints fact of the target Service; unknown where there is no Service. */
export function targetEndpoints(facts: Facts): Fact<'endpoints'> {
  const { ref } = serviceTarget(facts);
  return facts.get('endpoints', ref ?? { kind: 'Service', name: '' });
}

/** The ready endpoints that serve the target's port; empty where there are none or nothing is known. */
export function backends(facts: Facts): readonly Backend[] {
  return facts.model(computeBackends);
}

function computeBackends(facts: Facts): Backend[] {
  const { port } = serviceTarget(facts);
  const endpoints = targetEndpoints(facts);
  if (!endpoints.known || port === undefined) return [];
  return endpoints.value.endpoints.filter((e) => e.ready).flatMap((e) => backendOf(e, port));
}

function backendOf(endpoint: Endpoint, port: ServicePort): Backend[] {
  const match = endpoint.ports.find((p) => (p.name ?? '') === (port.name ?? '') && p.protocol === port.protocol);
  if (match === undefined) return [];
  const { target } = endpoint;
  const pod = target?.kind === 'Pod' ? namespacedRef('Pod', target.namespace ?? '', target.name) : undefined;
  return [{ ip: endpoint.ip, port: match.port, node: endpoint.nodeName, pod }];
}

/** The question with its target resolved: a NodePort becomes the Service behind it. */
export function resolvedQuestion(facts: Facts): Question {
  const { question } = facts;
  const { service, port } = serviceTarget(facts);
  if (service === undefined) return question;
  const target: Target = {
    kind: 'Service',
    namespace: service.namespace,
    name: service.name,
    ...(port === undefined ? {} : { port: port.port, protocol: port.protocol as Target['protocol'] }),
    ...(port?.nodePort === undefined ? {} : { nodePort: port.nodePort }),
  };
  return { ...question, target };
}

/**
 * The node that `at` names: by name, by an address of its object, or by one on its interfaces (a virtual IP is on no object).
 * Undefined where nothing was named or nothing matches.
 */
export function entryAsked(facts: Facts): NodeObject | undefined {
  return facts.model(computeEntryAsked);
}

function computeEntryAsked(facts: Facts): NodeObject | undefined {
  const { at } = facts.question;
  if (at === undefined) return undefined;
  const nodes = nodesByName(facts);
  const known = nodes.get(at) ?? [...nodes.values()].find((node) => node.addresses.some((a) => a.address === at));
  if (known !== undefined || parseIp(at) === undefined || /^127\.|^::1$/.test(at)) return known;
  return [...nodes.values()].find((node) => {
    const interfaces = facts.get('node-interfaces', nodeRef(node.name));
    return interfaces.known && interfaces.value.some((nic) => nic.addresses.some((a) => addressOf(a.cidr) === at));
  });
}

/** True for questions that the ways to a Service decide: why it is not reachable, or how it is. */
export function asksAboutWays({ type, target }: Question): boolean {
  return type === 'why-not-reachable' || (type === 'diagnose' && target.kind === 'Service');
}

/** True where the finding is a fault of the very thing that was asked about. */
export function aboutTarget(finding: Finding, facts: Facts): boolean {
  const { target, type } = facts.question;
  if (type === 'preflight') return true;
  if (target.kind === 'Component') return componentOwns(target.name ?? '', finding);
  const { ref, otherProtocol } = serviceTarget(facts);
  if (ref !== undefined) return sameRef(ref, finding.object);
  if (target.kind === 'NodePort') {
    const other =
      otherProtocol === undefined ? undefined : namespacedRef('Service', otherProtocol.namespace, otherProtocol.name);
    return (
      (other !== undefined && sameRef(other, finding.object)) ||
      (finding.object.kind === 'NodePort' && finding.object.name === String(target.nodePort))
    );
  }
  if (target.kind === 'Node') return sameRef(nodeRef(target.name ?? ''), finding.object);
  return (
    finding.object.kind === target.kind &&
    finding.object.name === target.name &&
    (finding.object.namespace ?? target.namespace) === target.namespace
  );
}

/** Which findings belong to a component as a whole: by the rule's own name, and everything for the cluster. */
function componentOwns(component: string, finding: Finding): boolean {
  if (component === 'cluster') return true;
  if (component === 'calico') return finding.rule.startsWith('calico-');
  return /^(etcd|api-server|scheduler|controller-manager)-/.test(finding.rule);
}

/** A Pod's reference. */
export function podRef(pod: PodObject): ObjectRef {
  return namespacedRef('Pod', pod.namespace, pod.name);
}
