/** What to do about a wrong Calico address: the right method for this version and these NICs, and what would not help. */
import { chooseMethod, type NodeAddresses, supportsMethod } from '../../core/calico-autodetection.ts';
import type { Facts } from '../../core/facts.ts';
import type { TextData } from '../../core/finding.ts';
import { addressOf, cidrContains } from '../../core/ip.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { type CalicoNode, calicoNodes, calicoVersion } from '../model/calico.ts';
import { isReady, nodesByName } from '../model/nodes.ts';
import { backends } from '../model/target.ts';
import { usesFirstFound } from './ip-mismatch-proofs.ts';
import type { IpMismatchText } from './ip-mismatch-texts.ts';
import { isLeftover } from './mismatch-view.ts';

interface Advice {
  readonly text: IpMismatchText;
  readonly data: TextData;
  readonly command?: string;
}

/** What is known of each Calico node's addresses; NICs only where its agent answered. */
function addressesOf(facts: Facts): NodeAddresses[] {
  return [...calicoNodes(facts).values()].map((node) => {
    const nics = facts.get('node-interfaces', nodeRef(node.node));
    const routes = facts.get('node-routes', nodeRef(node.node));
    const gateway = routes.known
      ? routes.value.find((r) => r.destination === 'default' && (r.table === undefined || r.table === 'main'))?.via
      : undefined;
    const v4 = nics.known
      ? nics.value.map((nic) => ({
          name: nic.name,
          cidrs: nic.addresses.filter((a) => a.family === 4).map((a) => a.cidr),
        }))
      : undefined;
    return { name: node.node, internalIp: node.internalIp, nics: v4, gateway };
  });
}

const METHOD_TEXTS = {
  'internal-ip': 'use-kubernetes-internal-ip',
  cidr: 'use-cidr',
  'can-reach': 'use-can-reach',
  interface: 'use-interface',
  unknown: 'use-unknown',
} as const;

/** The method to set, why, why not the tempting ones, and how to verify it. */
export function adviceFor(facts: Facts, wrong: CalicoNode): Advice[] {
  const version = calicoVersion(facts);
  const nodes = addressesOf(facts);
  const choice = chooseMethod(version, nodes);
  const install = facts.get('calico-install');
  const versionText = install.known ? (install.value.version ?? '?') : '?';
  const data = { method: choice.method, version: versionText, target: choice.method.split('=')[1] ?? '' };
  const command = choice.method === '' ? undefined : setCommand(facts, choice.method);
  const out: Advice[] = [{ text: METHOD_TEXTS[choice.why], data, ...(command === undefined ? {} : { command }) }];
  out.push(...ownerAdvice(facts));
  if (version !== undefined && !supportsMethod(version, 'cidr=')) out.push({ text: 'avoid-newer', data });
  out.push(...tempting(nodes, wrong, choice.why));
  if (choice.unseen.length > 0) out.push({ text: 'unseen', data: { nodes: choice.unseen } });
  if (command !== undefined) {
    const old = install.known
      ? (install.value.operatorMethod ?? install.value.env['IP_AUTODETECTION_METHOD'] ?? '')
      : '';
    out.push({ text: 'blast-radius', data: {} }, { text: 'undo', data: { old: old === '' ? 'first-found' : old } });
  }
  out.push({ text: 'verify', data: {} });
  return out;
}

/** Who owns the setting, and what else it takes. */
function ownerAdvice(facts: Facts): Advice[] {
  const install = facts.get('calico-install');
  if (!install.known) return [];
  const { kind, env, envFrom } = install.value;
  if (kind === 'operator') return [{ text: 'operator-owns', data: {} }];
  return env['IP'] === 'autodetect' || 'IP' in envFrom ? [] : [{ text: 'keep-autodetect', data: {} }];
}

/** Operator: `nodeAddressAutodetectionV4`, the old method nulled, since only one may be set (facts §2.5). */
function setCommand(facts: Facts, method: string): string | undefined {
  const install = facts.get('calico-install');
  // Who owns calico-node decides what to change: not known, no command.
  if (!install.known || install.value.kind === 'none') return undefined;
  const namespace = install.value.namespace ?? 'kube-system';
  if (install.value.kind === 'manifest')
    return `kubectl set env daemonset/calico-node -n ${namespace} -c calico-node IP=autodetect IP_AUTODETECTION_METHOD=${method}`;
  const [name, value] = method.split('=');
  const fields: Record<string, unknown> = {
    firstFound: null,
    canReach: null,
    interface: null,
    skipInterface: null,
    cidrs: null,
    kubernetes: null,
  };
  if (name === 'kubernetes-internal-ip') fields['kubernetes'] = 'NodeInternalIP';
  else if (name === 'cidr') fields['cidrs'] = value?.split(',');
  else if (name === 'can-reach') fields['canReach'] = value;
  else fields['interface'] = value;
  const patch = JSON.stringify({ spec: { calicoNetwork: { nodeAddressAutodetectionV4: fields } } });
  return `kubectl patch installation default --type merge -p '${patch}'`;
}

/** Methods that look right and are not, each with the NIC or address that spoils it. */
function tempting(nodes: readonly NodeAddresses[], wrong: CalicoNode, why: string): Advice[] {
  const spoiled = nodes.map(vipOf).find((data) => data !== undefined);
  const out: Advice[] = spoiled === undefined ? [] : [{ text: 'avoid-vip', data: spoiled }];
  if (spoiled !== undefined && why !== 'cidr') out.push({ text: 'avoid-cidr', data: spoiled });
  const own = nodes.find((n) => n.name === wrong.node)?.nics ?? [];
  const nicOf = (ip: string) => own.find((nic) => nic.cidrs.some((c) => addressOf(c) === ip))?.name;
  const taken = nicOf(wrong.address);
  const prefix = /^[a-z]+/.exec(nicOf(wrong.internalIp) ?? '')?.[0];
  if (prefix !== undefined && taken?.startsWith(prefix) === true)
    out.push({ text: 'avoid-interface', data: { prefix, nic: taken } });
  return out;
}

/** An address of the node LAN that a node holds besides its own: a virtual IP, which can-reach= and cidr= may take. */
function vipOf(node: NodeAddresses): { vip: string; node: string } | undefined {
  const cidrs = (node.nics ?? []).flatMap((nic) => nic.cidrs);
  const lan = cidrs.find((c) => addressOf(c) === node.internalIp);
  if (lan === undefined) return undefined;
  const vip = cidrs.map(addressOf).find((ip) => ip !== node.internalIp && cidrContains(lan, ip));
  return vip === undefined ? undefined : { vip, node: node.name };
}

/** Repairs that cannot work because no input changes (facts §7 rule 8). */
export function wouldNotHelp(facts: Facts, wrong: CalicoNode): Advice[] {
  const hosts = new Set(backends(facts).map((b) => b.node));
  const unready = [...nodesByName(facts).values()]
    .filter((n) => !isReady(n) && n.name !== wrong.node && !hosts.has(n.name))
    .map((n) => n.name);
  const out: Advice[] = [];
  // A leftover address goes away with a new start; only an address that is on a NIC would be taken again.
  const stays = isLeftover(facts, wrong) !== true;
  if (stays) out.push({ text: 'no-reapply', data: {} });
  if (stays && usesFirstFound(facts) === true) out.push({ text: 'no-upgrade', data: {} });
  if (stays) out.push({ text: 'no-restart', data: {} });
  if (unready.length > 0) out.push({ text: 'no-delete-node', data: { nodes: unready } });
  return out;
}
