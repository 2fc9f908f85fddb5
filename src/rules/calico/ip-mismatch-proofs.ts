/** Proofs of calico-node-ip-mismatch, each from another witness: annotation, NICs, log, peers' routes, BIRD, readiness. */
import { type Facts, proof } from '../../core/facts.ts';
import type { Proof } from '../../core/finding.ts';
import { compareText, nodeRef } from '../../core/object-ref.ts';
import { birdSessions, type CalicoNode, calicoNodes, isCalicoNodePod, peersNotEstablished } from '../model/calico.ts';
import { arrives, connectResult } from '../model/paths.ts';
import { podsOf } from '../model/pods.ts';
import { podRef } from '../model/target.ts';
import type { IpMismatchText } from './ip-mismatch-texts.ts';
import { currentReadiness } from './readiness.ts';

type P = Proof<IpMismatchText>;

/** All that is known of the wrong address, the strongest first. */
export function mismatchProofs(facts: Facts, wrong: CalicoNode): P[] {
  return [
    ...annotationProofs(facts, wrong),
    ...nicProofs(facts, wrong),
    ...logProofs(facts, wrong),
    ...peerProofs(facts, wrong),
    ...passiveProofs(facts, wrong),
    ...readinessProofs(facts, wrong),
  ];
}

function annotationProofs(facts: Facts, wrong: CalicoNode): P[] {
  const nodes = facts.get('nodes');
  if (!nodes.known) return [];
  const command = `kubectl get node ${wrong.node} -o jsonpath='{.metadata.annotations.projectcalico\\.org/IPv4Address}{"  "}{.status.addresses}'`;
  const right = [...calicoNodes(facts).values()].filter((n) => n.matches).map((n) => n.node);
  return [
    proof(nodes, 'annotation', { node: wrong.node, wrong: wrong.cidr, right: wrong.internalIp }, command),
    proof(nodes, 'others', { nodes: right.slice(0, 10) }),
  ];
}

/** Which NIC the address is on, and why first-found took it: interfaces are walked from the highest index down. */
function nicProofs(facts: Facts, wrong: CalicoNode): P[] {
  const fact = facts.get('node-interfaces', nodeRef(wrong.node));
  if (!fact.known) return [];
  const holder = (ip: string) => fact.value.find((nic) => nic.addresses.some((a) => a.cidr.split('/')[0] === ip));
  const taken = holder(wrong.address);
  const right = holder(wrong.internalIp);
  const command = `ip -br address   # on ${wrong.node}`;
  if (taken === undefined) return [proof(fact, 'leftover', { node: wrong.node, wrong: wrong.address }, command)];
  if (right === undefined) return [];
  const data = {
    wrong: wrong.cidr,
    nic: taken.name,
    node: wrong.node,
    rightNic: right.name,
    index: taken.index,
    rightIndex: right.index,
  };
  const higher = usesFirstFound(facts) === true && taken.index > right.index;
  return [proof(fact, higher ? 'nic' : 'nic-only', data, command)];
}

/** True where Calico walks the NICs by itself; undefined where its settings are not known. */
export function usesFirstFound(facts: Facts): boolean | undefined {
  const install = facts.get('calico-install');
  if (!install.known || 'IP_AUTODETECTION_METHOD' in install.value.envFrom) return undefined;
  const { env, operatorMethod } = install.value;
  return ['', 'first-found'].includes(operatorMethod ?? env['IP_AUTODETECTION_METHOD'] ?? '');
}

/** The best single witness: calico-node says at start which interface it chose. */
function logProofs(facts: Facts, wrong: CalicoNode): P[] {
  for (const { pod } of podsOf(facts, isCalicoNodePod)) {
    if (pod.nodeName !== wrong.node) continue;
    const fact = facts.get('pod-log', podRef(pod), 'calico-node');
    if (!fact.known) continue;
    const line = fact.value.lines.findLast((l) => l.includes('Using autodetected IPv4 address') && names(l, wrong));
    if (line !== undefined) return [proof(fact, 'log', { node: wrong.node, line: line.trim().slice(0, 200) })];
  }
  return [];
}

/** 10.0.0.6 is not in a line about 10.0.0.66. */
function names(line: string, { address }: CalicoNode): boolean {
  const at = line.indexOf(address);
  return at >= 0 && !/[\d.]/.test(line[at - 1] ?? ' ') && !/\d/.test(line[at + address.length] ?? ' ');
}

/** How the other nodes see the address: the way a packet would leave, a connect to it, their BGP session with it. */
function peerProofs(facts: Facts, wrong: CalicoNode): P[] {
  const peers = [...calicoNodes(facts).keys()].filter((peer) => peer !== wrong.node).sort(compareText);
  return peers
    .flatMap((peer) => [
      ...wayProof(facts, peer, wrong),
      ...connectProof(facts, peer, wrong),
      ...sessionProof(facts, peer, wrong),
    ])
    .slice(0, 6);
}

function wayProof(facts: Facts, peer: string, wrong: CalicoNode): P[] {
  const ways = facts.get('node-route-get', nodeRef(peer));
  const way = ways.known ? ways.value.find((w) => w.to === wrong.address) : undefined;
  if (!ways.known || way === undefined || (way.via === undefined && way.error === undefined)) return [];
  const command = `ip route get ${wrong.address}   # on ${peer}`;
  const data = {
    peer,
    wrong: wrong.address,
    gateway: way.via ?? '',
    device: way.device ?? '?',
    error: way.error ?? '',
  };
  return [proof(ways, way.error === undefined ? 'unreachable' : 'no-way', data, command)];
}

function connectProof(facts: Facts, peer: string, wrong: CalicoNode): P[] {
  const tcp = facts.get('node-tcp', nodeRef(peer));
  const failed = [179, 10250, 22]
    .flatMap((port) => connectResult(facts, peer, wrong.address, port) ?? [])
    .find((result) => !arrives(result));
  if (!tcp.known || failed === undefined) return [];
  const command = `nc -vz -w 2 ${wrong.address} ${failed.port}   # on ${peer}`;
  return [proof(tcp, 'no-answer', { peer, wrong: wrong.address, port: failed.port, result: failed.result }, command)];
}

function sessionProof(facts: Facts, peer: string, wrong: CalicoNode): P[] {
  const bird = birdSessions(facts, peer);
  const session = bird?.sessions.find((s) => s.neighbour === wrong.address);
  if (bird === undefined || session === undefined || session.info === 'Established') return [];
  const data = { peer, wrong: wrong.address, info: session.info, error: session.error ?? '' };
  return [proof(bird.fact, 'session', data, `birdcl show protocols all ${session.name}   # in calico-node on ${peer}`)];
}

function passiveProofs(facts: Facts, wrong: CalicoNode): P[] {
  const own = birdSessions(facts, wrong.node);
  const passive = own?.sessions.find((s) => s.info === 'Passive');
  if (own === undefined || passive === undefined) return [];
  return [
    proof(
      own.fact,
      'passive',
      { node: wrong.node, wrong: wrong.address },
      `birdcl show protocols   # in calico-node on ${wrong.node}`,
    ),
  ];
}

function readinessProofs(facts: Facts, wrong: CalicoNode): P[] {
  const about = currentReadiness(facts).filter((r) => peersNotEstablished(r.event.message).includes(wrong.address));
  return about.slice(0, 2).map(({ pod, event, events }) => {
    const data = { peer: pod.nodeName ?? pod.name, count: event.count, wrong: wrong.address };
    return proof(events, 'readiness', data, `kubectl describe pod -n ${pod.namespace} ${pod.name}`);
  });
}

/** The first time that readiness complained about this address or on this node about its peers. */
export function sinceWhen(facts: Facts, wrong: CalicoNode): string | undefined {
  const times = currentReadiness(facts)
    .filter(
      ({ pod, event }) =>
        peersNotEstablished(event.message).includes(wrong.address) ||
        (pod.nodeName === wrong.node && peersNotEstablished(event.message).length > 0),
    )
    .flatMap((r) => r.event.firstTime ?? []);
  return times.sort()[0];
}
