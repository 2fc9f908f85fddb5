/** The change that sets Calico's autodetection method: of the DaemonSet by hand, or of the operator's Installation. */
import { z } from 'zod';
import type { ApiObject, ApiTarget } from '../core/api-object.ts';
import { parseCalicoVersion } from '../core/calico-autodetection.ts';
import type { Line, PlanInput, Wanted } from '../core/remediation.ts';
import { type DaemonSetView, viewOf } from './calico-daemon-set.ts';
import type { Installed } from './calico-method.ts';
import { CALICO_TEXTS } from './calico-texts.ts';
import { daemonSet, podList } from './draft.ts';
import { linesOf } from './lines.ts';

const say = linesOf(CALICO_TEXTS);
const METHOD = 'IP_AUTODETECTION_METHOD';

export const INSTALLATION: ApiTarget = {
  group: 'operator.tigera.io',
  version: 'v1',
  resource: 'installations',
  kind: 'Installation',
  name: 'default',
};

/** Calico as it is installed, with the object in which its method is set. */
export interface Setting {
  readonly daemonSet: ApiTarget;
  readonly view: DaemonSetView;
  readonly owner: { readonly target: ApiTarget; readonly object: ApiObject };
  readonly installed: Installed;
}

/** A patch, the patch that takes it back, and what stood there before, in words. */
export interface Change {
  readonly patch: 'strategic' | 'merge';
  readonly body: Readonly<Record<string, unknown>>;
  readonly undo: Readonly<Record<string, unknown>>;
  readonly old: string;
  readonly setsIp: boolean;
}

/** Where calico-node's DaemonSet lies; undefined where there is no Calico, or its installation could not be read. */
export function placeOf({ facts }: Pick<PlanInput, 'facts'>) {
  const install = facts.get('calico-install');
  if (!install.known || install.value.kind === 'none') return undefined;
  const { kind, namespace } = install.value;
  const own = namespace ?? (kind === 'operator' ? 'calico-system' : 'kube-system');
  return { kind, namespace: own, daemonSet: daemonSet(own, 'calico-node'), pods: podList(own, 'k8s-app=calico-node') };
}

/** What has to be read. */
export function wantedForCalico(input: PlanInput): Wanted[] {
  const place = placeOf(input);
  if (place === undefined) return [];
  return [
    { type: 'object', target: place.daemonSet },
    ...(place.kind === 'operator' ? [{ type: 'object' as const, target: INSTALLATION }] : []),
    place.pods,
  ];
}

/** Reads the setting's object and the installed version; or says why that cannot be. */
export function settingOf(input: PlanInput): Setting | { readonly refused: Line } {
  const place = placeOf(input);
  if (place === undefined) return { refused: say('not-known') };
  const set = read(input, place.daemonSet);
  if ('refused' in set) return set;
  const owner = place.kind === 'operator' ? read(input, INSTALLATION) : set;
  if ('refused' in owner) return owner;
  const view = viewOf(set.object, 'calico-node');
  if (view === undefined) return { refused: say('not-known') };
  const versionText = /:v?(\d+\.\d+(?:\.\d+)?)/.exec(view.image)?.[1] ?? '';
  const version = parseCalicoVersion(versionText);
  if (version === undefined) return { refused: say('version-unknown', { image: view.image }) };
  const set_ = set.object.metadata.annotations ?? {};
  const daemonset = `${place.namespace}/calico-node`;
  if (place.kind === 'operator' && 'unsupported.operator.tigera.io/ignore' in set_)
    return { refused: say('ignored', { daemonset }) };
  const unheeded = place.kind === 'manifest' && !detects(view) ? view.env.get(METHOD)?.value : undefined;
  const installed = { version, versionText, nodeSelector: view.nodeSelector, unheeded: unheeded ?? undefined };
  return { daemonSet: place.daemonSet, view, owner, installed };
}

function read(input: PlanInput, target: ApiTarget): { target: ApiTarget; object: ApiObject } | { refused: Line } {
  const answer = input.objects.get(target);
  if (answer.status === 'read') return { target, object: answer.object };
  const object = `${target.kind} ${target.namespace === undefined ? '' : `${target.namespace}/`}${target.name}`;
  return {
    refused:
      answer.status === 'absent'
        ? say('object-gone', { object })
        : say('object-unread', { object, reason: answer.reason }),
  };
}

function detects(view: DaemonSetView): boolean {
  return view.env.get('IP')?.value === 'autodetect';
}

/** Gives the change for this method; or why calico-node's own environment forbids it. */
export function changeOf(setting: Setting, method: string): Change | { readonly refused: Line } {
  return setting.owner.target.kind === 'Installation' ? ofInstallation(setting, method) : ofDaemonSet(setting, method);
}

function ofDaemonSet({ view }: Setting, method: string): Change | { readonly refused: Line } {
  for (const name of ['IP', METHOD]) {
    const from = view.env.get(name)?.valueFrom;
    if (from !== undefined && from !== null)
      return { refused: say('set-elsewhere', { name, from: JSON.stringify(from).slice(0, 200) }) };
  }
  const ip = view.env.get('IP')?.value ?? '';
  // Unset or `none`, Calico keeps the address that a node has and heeds no method (facts §2.1).
  if (!['', 'none', 'autodetect'].includes(ip)) return { refused: say('ip-fixed', { value: ip }) };
  const setsIp = !detects(view);
  if (!setsIp && view.env.get(METHOD)?.value === method) return { refused: say('already', { method }) };
  const names = [...(setsIp ? ['IP'] : []), METHOD].filter(
    (name) => name !== METHOD || view.env.get(METHOD)?.value !== method,
  );
  const values: Readonly<Record<string, string>> = { IP: 'autodetect', [METHOD]: method };
  return {
    patch: 'strategic',
    body: envPatch(names.map((name) => ({ name, value: values[name] ?? '' }))),
    undo: envPatch(
      names.map((name) => {
        const entry = view.env.get(name);
        if (entry === undefined) return { name, $patch: 'delete' };
        return { name, value: entry.value ?? null };
      }),
    ),
    old: names.map((name) => `${name}${spoken(view, name)}`).join(', '),
    setsIp,
  };
}

function spoken(view: DaemonSetView, name: string): string {
  const entry = view.env.get(name);
  return entry === undefined ? ' (not set)' : `=${entry.value ?? ''}`;
}

function envPatch(env: readonly object[]): Readonly<Record<string, unknown>> {
  return { spec: { template: { spec: { containers: [{ name: 'calico-node', env }] } } } };
}

const Spec = z.looseObject({
  spec: z
    .looseObject({
      calicoNetwork: z
        .looseObject({ nodeAddressAutodetectionV4: z.record(z.string(), z.unknown()).nullish() })
        .nullish(),
    })
    .nullish(),
});

/** Only one method may be set: the old one is nulled, and put back to the letter by the undo (facts §2.5). */
function ofInstallation({ owner }: Setting, method: string): Change | { readonly refused: Line } {
  const parsed = Spec.safeParse(owner.object);
  if (!parsed.success) return { refused: say('not-known') };
  const network = parsed.data.spec?.calicoNetwork ?? undefined;
  const old = network?.nodeAddressAutodetectionV4 ?? undefined;
  const wanted = fieldsOf(method);
  const kept = Object.entries(old ?? {}).filter(([, value]) => value !== null && value !== undefined);
  if (JSON.stringify(Object.fromEntries(kept)) === JSON.stringify(wanted))
    return { refused: say('already', { method }) };
  const gone = Object.fromEntries(kept.filter(([key]) => !(key in wanted)).map(([key]) => [key, null]));
  const added = Object.fromEntries(
    Object.keys(wanted)
      .filter((key) => old?.[key] === undefined)
      .map((key) => [key, null]),
  );
  const inNetwork = (value: unknown) => ({ spec: { calicoNetwork: { nodeAddressAutodetectionV4: value } } });
  const undo =
    network === undefined
      ? { spec: { calicoNetwork: null } }
      : inNetwork(old === undefined ? null : { ...added, ...old });
  return {
    patch: 'merge',
    body: inNetwork({ ...gone, ...wanted }),
    undo,
    old: `nodeAddressAutodetectionV4 ${old === undefined ? '(not set)' : JSON.stringify(old)}`,
    setsIp: false,
  };
}

/** A method of calico-node in the operator's own spelling. */
function fieldsOf(method: string): Readonly<Record<string, unknown>> {
  const at = method.indexOf('=');
  const value = method.slice(at + 1);
  if (method === 'kubernetes-internal-ip') return { kubernetes: 'NodeInternalIP' };
  if (method.startsWith('cidr=')) return { cidrs: value.split(',') };
  if (method.startsWith('can-reach=')) return { canReach: value };
  return { interface: value };
}
