/** Serves NodePorts on an address that kube-proxy's configuration leaves out (R27). */
import { z } from 'zod';
import { type ApiObject, type ApiTarget } from '../core/api-object.ts';
import type { RankedFinding } from '../core/diagnosis.ts';
import type { Facts } from '../core/facts.ts';
import { addressOf, cidrContains, parseCidr, parseIp } from '../core/ip.ts';
import { namespacedRef, nodeRef } from '../core/object-ref.ts';
import { stateOf } from '../core/object-state.ts';
import {
  type ApiStep,
  type Draft,
  defineRemediation,
  type Line,
  type PlanInput,
  type PlanOutcome,
  type PlanStep,
  type WaitStep,
} from '../core/remediation.ts';
import { type Replacement, replacementOf, secondsFor, viewOf } from './calico-daemon-set.ts';
import { anyName, nodePortsOf, questionsOf, rightsOf } from './draft.ts';
import { KUBE_PROXY, KUBE_PROXY_PODS, proxySetOf } from './kube-proxy.ts';
import { nodePortAddressesIn } from './kube-proxy-config.ts';
import { linesOf, refused } from './lines.ts';
import { NODE_PORT_TEXTS } from './node-port-texts.ts';
import { allNodes, internalIps4 } from './nodes.ts';
import { ownerNotes, refusedByOwner } from './owner-texts.ts';

const CONFIG: ApiTarget = {
  group: '',
  version: 'v1',
  resource: 'configmaps',
  kind: 'ConfigMap',
  namespace: 'kube-system',
  name: 'kube-proxy',
};
const RESTARTED = 'kubectl.kubernetes.io/restartedAt';
/** A kube-proxy needs this long from its end to being ready again. */
const EACH_SECONDS = 30;
const MOST_SECONDS = 3600;

const say = linesOf(NODE_PORT_TEXTS);

const Template = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({
      metadata: z.looseObject({ annotations: z.record(z.string(), z.string()).nullish() }).nullish(),
    }),
  }),
});
const Config = z.looseObject({ data: z.looseObject({ 'config.conf': z.string().max(200_000) }) });

export const setNodePortAddresses = defineRemediation({
  id: 'set-node-port-addresses',
  summary: 'serves NodePorts on an address that kube-proxy leaves out',
  fixes: ['node-port-address-excluded'],
  texts: NODE_PORT_TEXTS,
  rights: anyName(
    ['get', 'patch'].flatMap((verb) => [
      { verb, group: '', resource: 'configmaps', namespace: 'kube-system' },
      { verb, group: 'apps', resource: 'daemonsets', namespace: 'kube-system' },
    ]),
  ),
  wants: () => [{ type: 'object', target: CONFIG }, { type: 'object', target: KUBE_PROXY }, KUBE_PROXY_PODS],
  plan(input) {
    const parts = partsOf(input);
    return 'status' in parts ? parts : { status: 'draft', draft: draftOf(input, parts) };
  },
});

/** What the plan is made from. */
interface Parts {
  readonly addresses: readonly string[];
  readonly nodes: readonly string[];
  readonly config: ApiObject;
  readonly set: ApiObject;
  readonly text: string;
  readonly newText: string;
  readonly old: readonly string[];
  readonly list: readonly string[];
  readonly replacement: Replacement;
  readonly max: number | string;
  readonly seconds: number;
}

function partsOf(input: PlanInput): Parts | Extract<PlanOutcome, { status: 'refused' }> {
  const found = excluded(input);
  const addresses = [...new Set(found.map(({ data }) => String(data['address'] ?? '')))].sort();
  const nodes = [...new Set(found.map(({ object }) => object.name))].sort();
  if (addresses.some((address) => parseIp(address) === undefined)) return refused(say('no-address'));
  const config = input.objects.get(CONFIG);
  if (config.status === 'absent') return refused(say('config-gone'));
  if (config.status === 'unreadable') return refused(say('config-unread', { reason: config.reason }));
  const text = Config.safeParse(config.object).data?.data['config.conf'];
  const listed = text === undefined ? undefined : nodePortAddressesIn(text);
  if (text === undefined || listed === undefined) return refused(say('odd-config'));
  const wanted = listWith(input.facts, addresses, listed.list);
  if ('refused' in wanted) return refused(wanted.refused);
  const newText = listed.replaced(wanted.list);
  const byOwner = refusedByOwner(config.object, { data: { 'config.conf': newText } });
  if (byOwner !== undefined) return byOwner;
  const restart = restartOf(input);
  if ('refused' in restart) return refused(restart.refused);
  const old = listed.list.length === 0 ? ['-'] : listed.list;
  return { addresses, nodes, config: config.object, text, newText, old, list: wanted.list, ...restart };
}

/** One list serves all nodes: whoever lacks an address for the same reason is mended by the same change. */
function excluded({ finding, diagnosis }: PlanInput): Pick<RankedFinding, 'object' | 'data'>[] {
  const alike = [...diagnosis.causes, ...diagnosis.alsoFound].filter(
    ({ rule, confidence }) => rule === finding.rule && confidence === 'confirmed',
  );
  return [finding, ...alike];
}

/** The list with the addresses: as narrow as can be, and without taking away an address that is served now. */
function listWith(facts: Facts, addresses: readonly string[], old: readonly string[]): Wanted {
  const listed = old.filter((one) => one !== 'primary');
  const lacking = addresses.filter((address) => !listed.some((cidr) => cidrContains(cidr, address)));
  if (lacking.length === 0) return { refused: say('same', { address: [...addresses], list: listed }) };
  const own = listed.length > 0 ? { list: listed } : ownNetworks(facts);
  if ('refused' in own) return own;
  const more = lacking.filter((address) => !own.list.some((cidr) => cidrContains(cidr, address)));
  return { list: [...own.list, ...more.map((address) => `${address}/${address.includes(':') ? 128 : 32}`)] };
}

type Wanted = { readonly list: readonly string[] } | { readonly refused: Line };

/** How kube-proxy restarts; or why it cannot be restarted so that it is watched. */
function restartOf(
  input: PlanInput,
): Pick<Parts, 'set' | 'replacement' | 'max' | 'seconds'> | { readonly refused: Line } {
  const set = proxySetOf(input);
  if ('refused' in set) return set;
  const view = viewOf(set.object, 'kube-proxy');
  if (view?.onDelete !== false) return { refused: say('on-delete') };
  const replacement = replacementOf(input.facts, set.pods);
  const max = view.maxUnavailable;
  const seconds = secondsFor(replacement, max, EACH_SECONDS) + EACH_SECONDS;
  const count = replacement.atOnce.length + replacement.serial.length;
  if (seconds > MOST_SECONDS) return { refused: say('too-slow', { count, minutes: Math.round(seconds / 60) }) };
  return { set: set.object, replacement, max, seconds };
}

function draftOf(input: PlanInput, parts: Parts): Draft {
  const { addresses: address, config, list, old, replacement, seconds } = parts;
  const patch = (body: string, says: Line): ApiStep => ({
    type: 'api',
    verb: 'patch',
    target: CONFIG,
    patch: 'merge',
    body: { data: { 'config.conf': body } },
    before: stateOf(config),
    says,
  });
  const restart = restartSteps(input, parts);
  const steps = [patch(parts.newText, say('patch', { old, list })), ...restart.steps];
  const undo = [patch(parts.text, say('back', { old })), ...restart.undo];
  const ports = nodePortsOf(input.facts, input.question);
  const restarting = [...replacement.atOnce, ...replacement.serial].sort();
  const owned = ownerNotes(config);
  return {
    remediation: 'set-node-port-addresses',
    params: { ...input.params },
    object: namespacedRef('ConfigMap', 'kube-system', 'kube-proxy'),
    title: say('title', { address: [...address] }),
    steps,
    undo,
    nodes: [...restarting, ...replacement.stuck].sort(),
    blast: [
      say('blast-restart', { count: restarting.length, max: String(parts.max), nodes: restarting }),
      ...(replacement.stuck.length === 0 ? [] : [say('blast-stuck', { nodes: replacement.stuck })]),
      say('blast-new'),
      say('blast-time', { seconds }),
    ],
    checksBefore: [say('before-config')],
    checksAfter: [say('after-port', { address: [...address] })],
    notes: [say('note-security', { list }), ...(owned.length === 0 ? [say('note-kubeadm')] : owned)],
    rights: rightsOf([...steps, ...undo]),
    expect: {
      questions: questionsOf(input, ...ports.map((port) => ['why-not-reachable', String(port)] as const)),
      rule: input.finding.rule,
      object: input.finding.object,
      nodes: [...parts.nodes],
      seconds: 120,
    },
  };
}

/** The networks of all nodes' own addresses, as their agents show them: without a list these alone are served. */
function ownNetworks(facts: Facts): Wanted {
  const nodes = allNodes(facts);
  if (nodes === undefined) return { refused: say('nodes-unknown') };
  const networks = new Set<string>();
  for (const node of nodes) {
    const nics = facts.get('node-interfaces', nodeRef(node.name));
    const cidrs = nics.known ? nics.value.flatMap((nic) => nic.addresses.map((a) => a.cidr)) : [];
    for (const cidr of cidrs) if (internalIps4(node).includes(addressOf(cidr))) networks.add(networkOf(cidr));
  }
  const unseen = nodes.filter(
    (node) => !internalIps4(node).some((ip) => [...networks].some((n) => cidrContains(n, ip))),
  );
  if (unseen.length > 0) return { refused: say('lan-unknown', { nodes: unseen.map((node) => node.name) }) };
  return { list: [...networks].sort() };
}

function networkOf(cidr: string): string {
  const net = parseCidr(cidr);
  if (net === undefined || net.family !== 4) return cidr;
  return `${[24n, 16n, 8n, 0n].map((shift) => String((net.base >> shift) & 255n)).join('.')}/${net.bits}`;
}

/** A new annotation in the template makes the DaemonSet replace its Pods; the undo puts the old one back, which does too. */
function restartSteps(
  { facts }: PlanInput,
  { set, replacement, seconds }: Parts,
): { steps: PlanStep[]; undo: PlanStep[] } {
  const annotations = Template.safeParse(set).data?.spec.template.metadata?.annotations ?? undefined;
  const patch = (value: Readonly<Record<string, string | null>> | null): ApiStep => ({
    type: 'api',
    verb: 'patch',
    target: KUBE_PROXY,
    patch: 'strategic',
    body: { spec: { template: { metadata: { annotations: value } } } },
    before: stateOf(set),
    says: say('restart'),
  });
  // Where there were none, the undo leaves none, not an empty map.
  const back = annotations === undefined ? null : { [RESTARTED]: annotations[RESTARTED] ?? null };
  const wait: WaitStep = {
    type: 'wait',
    until: { kind: 'rolled-out', target: KUBE_PROXY, except: [...replacement.stuck] },
    seconds,
    says: say('wait'),
  };
  return { steps: [patch({ [RESTARTED]: new Date(facts.now).toISOString() }), wait], undo: [patch(back), wait] };
}
