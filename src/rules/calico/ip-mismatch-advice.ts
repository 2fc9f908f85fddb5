/** What to do about a wrong Calico address: the right method for this version and these NICs, and what would not help. */
import { chooseMethod, type NodeAddresses, supportsMethod } from '../../core/calico-autodetection.ts';
import type { Facts } from '../../core/facts.ts';
import type { TextData } from '../../core/finding.ts';
import { cidrContains } from '../../core/ip.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { type CalicoNode, calicoNodes, calicoVersion } from '../model/calico.ts';
import { isReady, nodesByName } from '../model/nodes.ts';
import type { IpMismatchText } from './ip-mismatch-texts.ts';

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

/** The method to set, why, why not the tempting ones, and how to verify it. */
export function adviceFor(facts: Facts, wrong: CalicoNode): Advice[] {
  const install = facts.get('calico-install');
  const version = calicoVersion(facts);
  const versionText = install.known ? (install.value.version ?? '?') : '?';
  const nodes = addressesOf(facts);
  const choice = chooseMethod(version, nodes);
  const operator = install.known && install.value.kind === 'operator';
  const namespace = install.known ? (install.value.namespace ?? 'kube-system') : 'kube-system';
  const ids = {
    'internal-ip': 'use-kubernetes-internal-ip',
    cidr: 'use-cidr',
    'can-reach': 'use-can-reach',
    interface: 'use-interface',
    unknown: 'use-unknown',
  } as const;
  const data = { method: choice.method, version: versionText, target: choice.method.split('=')[1] ?? '' };
  const command = choice.method === '' ? undefined : setCommand(operator, namespace, choice.method);
  const out: Advice[] = [{ text: ids[choice.why], data, ...(command === undefined ? {} : { command }) }];
  if (operator) out.push({ text: 'operator-owns', data: {} });
  else if (install.known && install.value.env['IP'] !== 'autodetect') out.push({ text: 'keep-autodetect', data: {} });
  if (version !== undefined && !supportsMethod(version, 'cidr=')) out.push({ text: 'avoid-newer', data });
  out.push(...tempting(nodes, wrong, choice.why));
  if (choice.unseen.length > 0) out.push({ text: 'unseen', data: { nodes: choice.unseen } });
  out.push({ text: 'verify', data: {} });
  return out;
}

/** Operator: `nodeAddressAutodetectionV4`, the old method nulled, since only one may be set (facts §2.5). */
function setCommand(operator: boolean, namespace: string, method: string): string {
  if (!operator)
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
  const out: Advice[] = [];
  for (const node of nodes) {
    const nics = node.nics ?? [];
    const lan = nics.flatMap((nic) => nic.cidrs).find((c) => c.split('/')[0] === node.internalIp);
    const vip = nics
      .flatMap((nic) => nic.cidrs)
      .map((c) => c.split('/')[0] ?? '')
      .find((ip) => ip !== node.internalIp && lan !== undefined && cidrContains(lan, ip));
    if (vip !== undefined && !out.some((a) => a.text === 'avoid-vip')) {
      out.push({ text: 'avoid-vip', data: { vip, node: node.name } });
      if (why !== 'cidr') out.push({ text: 'avoid-cidr', data: { vip, node: node.name } });
    }
  }
  const own = nodes.find((n) => n.name === wrong.node)?.nics ?? [];
  const right = own.find((nic) => nic.cidrs.some((c) => c.split('/')[0] === wrong.internalIp))?.name;
  const taken = own.find((nic) => nic.cidrs.some((c) => c.split('/')[0] === wrong.address))?.name;
  const prefix = /^[a-z]+/.exec(right ?? '')?.[0];
  if (prefix !== undefined && taken?.startsWith(prefix) === true)
    out.push({ text: 'avoid-interface', data: { prefix, nic: taken } });
  return out;
}

/** Repairs that cannot work because no input changes (facts §7 rule 8). */
export function wouldNotHelp(facts: Facts, wrong: CalicoNode): Advice[] {
  const unready = [...nodesByName(facts).values()]
    .filter((n) => !isReady(n) && n.name !== wrong.node)
    .map((n) => n.name);
  const out: Advice[] = [
    { text: 'no-reapply', data: {} },
    { text: 'no-upgrade', data: {} },
    { text: 'no-restart', data: {} },
  ];
  if (unready.length > 0) out.push({ text: 'no-delete-node', data: { nodes: unready } });
  return out;
}
