/** Cause: the addresses of Pods lie in a range that something else uses: Services, the nodes' network, another pool (N51). */
import { type Fact, type Facts, proof } from '../../core/facts.ts';
import type { Proof, TextData } from '../../core/finding.ts';
import { addressOf, cidrContains, cidrsOverlap } from '../../core/ip.ts';
import { CLUSTER, compareText, type ObjectRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { internalIps, nodesByName } from '../model/nodes.ts';

type TextId = 'services' | 'cluster-ips' | 'lan' | 'pools' | 'nodes' | 'service-lan' | 'range' | 'other';

export const podCidrOverlap = defineRule({
  id: 'pod-cidr-overlap',
  role: 'cause',
  severity: 'warning',
  summary: 'a range of Pod addresses that something else uses as well',
  needs: ['nodes', 'services', 'network-ranges', 'calico-ip-pools', 'node-interfaces'],
  texts: {
    services:
      '{name} ({cidr}) overlaps the range of Services ({other}). A Pod can get the address of a Service; it is then not reachable.',
    'cluster-ips':
      '{name} ({cidr}) holds addresses of Services, such as {other}. A Pod can get the address of a Service; it is then not reachable.',
    lan: '{name} ({cidr}) overlaps the network of the nodes ({other}). A Pod can get the address of a machine.',
    pools: '{name} ({cidr}) overlaps {other}. One address can then be given out twice.',
    nodes: 'Two nodes have overlapping ranges for Pods: {name} ({cidr}) and {other}.',
    'service-lan':
      'The range of Services ({cidr}) overlaps the network of the nodes ({other}). A Service can get the address of a machine.',
    range: '{name} is {cidr}.',
    other: 'In use as well: {other}.',
    move: 'Make a new pool in a range of its own, disable this one, and let the Pods be created anew: they take the new range. A pool cannot be resized.',
    rebuild: 'Ranges of a running cluster cannot be changed in place. Plan it: it is a latent fault, not an emergency.',
  },
  judge(facts, say) {
    for (const overlap of overlapsOf(facts)) {
      const { object, text, data, because } = overlap;
      const advice = [{ text: object.kind === 'IPPool' ? ('move' as const) : ('rebuild' as const), data: {} }];
      say.find({ object, confidence: 'confirmed', text, data, because, scope: {}, advice });
    }
  },
});

interface Overlap {
  readonly object: ObjectRef;
  readonly text: TextId;
  readonly data: TextData;
  readonly because: readonly Proof<TextId>[];
}

/** A range with the fact that states it. */
interface Range {
  readonly name: string;
  readonly cidr: string;
  readonly fact: Parameters<typeof proof>[0];
  readonly object: ObjectRef;
}

function overlapsOf(facts: Facts): Overlap[] {
  const services = serviceRanges(facts);
  const lans = nodeNetworks(facts);
  const ranges = podRanges(facts);
  const out: Overlap[] = [];
  ranges.forEach((range, i) => {
    const service = services.find((s) => cidrsOverlap(s.cidr, range.cidr));
    if (service !== undefined) out.push(overlap('services', range, service, service.cidr));
    else out.push(...clusterIpsIn(facts, range));
    const lan = lans.find((l) => cidrsOverlap(l.cidr, range.cidr));
    if (lan !== undefined) out.push(overlap('lan', range, lan, `${lan.cidr}, ${lan.name}`));
    const twin = ranges.slice(i + 1).find((r) => cidrsOverlap(r.cidr, range.cidr));
    if (twin !== undefined)
      out.push(overlap(range.object.kind === 'IPPool' ? 'pools' : 'nodes', range, twin, `${twin.name} (${twin.cidr})`));
  });
  for (const service of services) {
    const lan = lans.find((l) => cidrsOverlap(l.cidr, service.cidr));
    if (lan !== undefined) out.push(overlap('service-lan', service, lan, `${lan.cidr}, ${lan.name}`));
  }
  return out;
}

function overlap(text: TextId, range: Range, other: Range, words: string): Overlap {
  const data = { name: range.name, cidr: range.cidr, other: words };
  return {
    object: range.object,
    text,
    data,
    because: [proof(range.fact, 'range', data), proof(other.fact, 'other', data)],
  };
}

/** Calico's pools; the ranges that nodes were given count only where no pool is known, since Calico does not use them. */
function podRanges(facts: Facts): Range[] {
  const pools = facts.get('calico-ip-pools');
  if (pools.known && pools.value.length > 0) {
    return pools.value
      .map(({ name, cidr }) => ({ name: `IP pool ${name}`, cidr, fact: pools, object: { kind: 'IPPool', name } }))
      .sort((a, b) => compareText(a.name, b.name));
  }
  const nodes = facts.get('nodes');
  if (!nodes.known) return [];
  return [...nodesByName(facts).values()].flatMap((node) =>
    node.podCIDRs.map((cidr) => ({ name: `the range of ${node.name}`, cidr, fact: nodes, object: CLUSTER })),
  );
}

function serviceRanges(facts: Facts): Range[] {
  const ranges = facts.get('network-ranges');
  if (!ranges.known) return [];
  const range = (cidr: string): Range => ({ name: 'the range of Services', cidr, fact: ranges, object: CLUSTER });
  return ranges.value.serviceCidrs.map(range);
}

/** Where nothing states the range of Services: the addresses that Services have. */
function clusterIpsIn(facts: Facts, range: Range): Overlap[] {
  const services = facts.get('services');
  if (!services.known) return [];
  const all = services.value.services.flatMap((service) => service.clusterIPs);
  const hit = all.filter((ip) => cidrContains(range.cidr, ip)).sort(compareText);
  if (hit.length === 0) return [];
  const data = { name: range.name, cidr: range.cidr, other: hit.slice(0, 3) };
  return [
    {
      object: range.object,
      text: 'cluster-ips',
      data,
      because: [proof(range.fact, 'range', data), proof(services, 'other', data)],
    },
  ];
}

/** The networks of the nodes' own addresses: with their mask where an agent saw the NIC, else the bare address. */
function nodeNetworks(facts: Facts): Range[] {
  const nodes = facts.get('nodes');
  if (!nodes.known) return [];
  const seen = facts
    .all('node-interfaces')
    .filter((f): f is Extract<Fact<'node-interfaces'>, { known: true }> => f.known);
  const cidrs = seen.flatMap((fact) => fact.value.flatMap((nic) => nic.addresses.map((a) => ({ cidr: a.cidr, fact }))));
  return [...nodesByName(facts).values()].flatMap((node) =>
    internalIps(node).map((ip): Range => {
      const nic = cidrs.find((c) => addressOf(c.cidr) === ip);
      const fact = nic?.fact ?? nodes;
      return { name: `address of ${node.name}`, cidr: nic?.cidr ?? ip, fact, object: CLUSTER };
    }),
  );
}
