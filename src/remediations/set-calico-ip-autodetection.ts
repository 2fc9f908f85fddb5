/** Sets the method by which Calico chooses each node's address, where that method is proven to give the InternalIP (R01, R02). */
import { addressOf } from '../core/ip.ts';
import type { ObjectRef } from '../core/object-ref.ts';
import { stateOf } from '../core/object-state.ts';
import {
  type ApiStep,
  type Draft,
  defineRemediation,
  type Line,
  type PlanInput,
  type PlanOutcome,
  type WaitStep,
} from '../core/remediation.ts';
import {
  type Change,
  changeOf,
  INSTALLATION,
  placeOf,
  type Setting,
  settingOf,
  wantedForCalico,
} from './calico-change.ts';
import { podOf, type Replacement, replacementOf, secondsFor } from './calico-daemon-set.ts';
import { methodFor } from './calico-method.ts';
import { CALICO_ADDRESS } from './calico-nodes.ts';
import { type Stalled, stallOf } from './calico-stall.ts';
import { CALICO_TEXTS } from './calico-texts.ts';
import { anyName, nodePortsOf, podTarget, questionsOf, rightsOf } from './draft.ts';
import { linesOf, refused } from './lines.ts';
import { allNodes, isSilent } from './nodes.ts';
import { ownerNotes, refusedByOwner } from './owner-texts.ts';

const say = linesOf(CALICO_TEXTS);
/** A calico-node needs this long from its end to being ready again. */
const EACH_SECONDS = 45;
/** BGP restarts gracefully for up to 120 s; after that routes and readiness are as they will stay. */
const SETTLE_SECONDS = 180;
const MOST_SECONDS = 3600;

/** What the parts of the plan are made from. */
interface Parts {
  readonly input: PlanInput;
  readonly setting: Setting;
  readonly change: Change;
  readonly method: string;
  readonly picks: readonly { readonly node: string; readonly address: string }[];
  readonly replacement: Replacement;
  /** Set where the roll-out would stand still without a push. */
  readonly stall: Stalled | undefined;
  readonly seconds: number;
}

export const setCalicoIpAutodetection = defineRemediation({
  id: 'set-calico-ip-autodetection',
  summary: 'sets the method by which Calico chooses each node’s address',
  fixes: ['calico-autodetection-ignored', 'calico-node-ip-conflict', 'calico-node-ip-mismatch'],
  texts: CALICO_TEXTS,
  rights: anyName([
    ...['get', 'patch'].flatMap((verb) => [
      { verb, group: 'apps', resource: 'daemonsets', namespace: 'kube-system' },
      { verb, group: INSTALLATION.group, resource: INSTALLATION.resource },
    ]),
    { verb: 'get', group: 'apps', resource: 'daemonsets', namespace: 'calico-system' },
    ...['get', 'delete'].map((verb) => ({ verb, group: '', resource: 'pods', namespace: 'kube-system' })),
  ]),
  wants: wantedForCalico,
  plan: planFor,
});

function planFor(input: PlanInput): PlanOutcome {
  const setting = settingOf(input);
  if ('refused' in setting) return refused(setting.refused);
  const { finding, facts } = input;
  if (finding.object.kind === 'Node' && isSilent(facts, finding.object.name))
    return refused(say('node-silent', { node: finding.object.name }));
  const chosen = methodFor(facts, setting.installed);
  if ('refused' in chosen) return refused(chosen.refused);
  const { method, picks } = chosen;
  const change = changeOf(setting, method);
  if ('refused' in change) return refused(change.refused);
  const byOwner = refusedByOwner(setting.owner.object, change.body);
  if (byOwner !== undefined) return byOwner;
  if (setting.view.onDelete) return refused(say('on-delete'), byHand(setting, change));
  const pods = podsOf(input);
  if ('refused' in pods) return refused(pods.refused);
  const replacement = replacementOf(facts, pods.pods);
  const seconds = secondsFor(replacement, setting.view.maxUnavailable, EACH_SECONDS) + SETTLE_SECONDS;
  if (seconds > MOST_SECONDS) {
    const data = { count: replacement.serial.length, minutes: Math.round(seconds / 60) };
    return refused(say('too-slow', data), byHand(setting, change));
  }
  const moving = new Set(moves(input, picks).map((move) => move.node));
  const stall = stallOf(replacement, moving, pods.pods);
  return { status: 'draft', draft: draftOf({ input, setting, change, method, picks, replacement, stall, seconds }) };
}

function podsOf(input: PlanInput) {
  const place = placeOf(input);
  if (place === undefined) return { refused: say('not-known') };
  const list = input.objects.list(place.pods);
  if (list.status !== 'read')
    return { refused: say('pods-unread', { reason: list.status === 'absent' ? 'there are none' : list.reason }) };
  return { pods: list.items.flatMap((pod) => podOf(pod) ?? []) };
}

/** The same change as a command. */
function byHand({ owner }: Setting, change: Change): Line {
  const { kind, namespace, name } = owner.target;
  const place = namespace === undefined ? '' : ` -n ${namespace}`;
  const patch = JSON.stringify(change.body).replaceAll("'", "'\\''");
  const command = `kubectl patch ${kind.toLowerCase()} ${name}${place} --type ${change.patch} -p '${patch}'`;
  return say('manual-patch', {}, command);
}

function draftOf(parts: Parts): Draft {
  const { input, setting, method, picks, replacement, change } = parts;
  const { steps, undo } = stepsOf(parts);
  const nodes = picks.map((pick) => pick.node);
  const ports = nodePortsOf(input.facts, input.question);
  const living = nodes.filter((node) => !isSilent(input.facts, node));
  return {
    remediation: 'set-calico-ip-autodetection',
    params: { ...input.params },
    object: objectOf(setting),
    title: say(change.setsIp && setting.installed.unheeded === method ? 'title-heed' : 'title', { method }),
    steps,
    undo,
    nodes: [...new Set([...replacement.atOnce, ...replacement.serial, ...replacement.stuck])].sort(),
    blast: blastOf(parts),
    checksBefore: [
      say('before-object', { object: spokenObject(setting) }),
      say('before-picks', {
        method,
        version: setting.installed.versionText,
        picks: picks.map((pick) => `${pick.node} ${pick.address}`),
      }),
    ],
    checksAfter: [
      say('after-address', { nodes: living }),
      say('after-sessions'),
      ...(ports.length === 0 ? [] : [say('after-ports', { ports: ports.map(String) })]),
    ],
    notes: notesOf(parts),
    rights: rightsOf([...steps, ...undo]),
    expect: {
      questions: questionsOf(
        input,
        ['diagnose', 'calico'],
        ...ports.map((port) => ['why-not-reachable', String(port)] as const),
      ),
      rule: input.finding.rule,
      object: input.finding.object,
      nodes: living,
      seconds: SETTLE_SECONDS + EACH_SECONDS,
    },
  };
}

function stepsOf({ setting, change, method, replacement, stall, seconds }: Parts): {
  steps: Draft['steps'];
  undo: Draft['undo'];
} {
  const { target, object } = setting.owner;
  const daemonset = `${setting.daemonSet.namespace}/${setting.daemonSet.name}`;
  const text = target.kind === 'Installation' ? 'patch-installation' : change.setsIp ? 'patch-ip' : 'patch';
  const patch = (body: unknown, says: Line): ApiStep => ({
    type: 'api',
    verb: 'patch',
    target,
    patch: change.patch,
    body,
    before: stateOf(object),
    says,
  });
  const wait: WaitStep = {
    type: 'wait',
    until: { kind: 'rolled-out', target: setting.daemonSet, except: [...replacement.stuck] },
    seconds,
    says: say('wait'),
  };
  return {
    steps: [patch(change.body, say(text, { method, daemonset })), ...pushOf(setting, stall), wait],
    // What the old method brings back may never be ready again: that is not waited for.
    undo: [patch(change.undo, say('undo-patch', { old: change.old }))],
  };
}

/** Under an operator the DaemonSet changes when the operator has seen it: a Pod that is deleted before comes back as it was. */
function pushOf({ owner, daemonSet }: Setting, stall: Stalled | undefined): Draft['steps'] {
  if (stall === undefined) return [];
  const { pod, node, waiting } = stall;
  const { name } = pod.metadata;
  const said = { node, pod: name, waiting };
  if (owner.target.kind === 'Installation') {
    const command = `kubectl delete pod -n ${daemonSet.namespace ?? ''} ${name}`;
    return [{ type: 'manual', says: say('manual-push', said, command) }];
  }
  return [{ type: 'api', verb: 'delete', target: podTarget(pod), before: stateOf(pod), says: say('push', said) }];
}

function objectOf({ owner: { target } }: Setting): ObjectRef {
  const { kind, namespace, name } = target;
  return { kind, ...(namespace === undefined ? {} : { namespace }), name };
}

function spokenObject(setting: Setting): string {
  const { kind, namespace, name } = objectOf(setting);
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

/** Which Pods restart how, what moves, and for how long. */
function blastOf({ input, setting, picks, replacement, stall, seconds }: Parts): Line[] {
  const { atOnce, serial, stuck } = replacement;
  const all = [...atOnce, ...serial].sort();
  const max = String(setting.view.maxUnavailable);
  return [
    say('blast-restart', { count: all.length, nodes: all }),
    ...(atOnce.length === 0 ? [] : [say('blast-at-once', { nodes: atOnce, max })]),
    ...(serial.length === 0 ? [] : [say('blast-serial', { nodes: serial, max })]),
    ...(stall === undefined ? [] : [say('blast-push', { node: stall.node, waiting: stall.waiting })]),
    ...(stuck.length === 0 ? [] : [say('blast-stuck', { nodes: stuck })]),
    ...moves(input, picks)
      .slice(0, 20)
      .map((move) => say('blast-address', move)),
    say('blast-traffic'),
    say('blast-time', { seconds }),
  ];
}

function moves({ facts }: PlanInput, picks: Parts['picks']) {
  return picks.flatMap(({ node, address }) => {
    const annotation = allNodes(facts)?.find((one) => one.name === node)?.annotations[CALICO_ADDRESS];
    const old = annotation === undefined ? undefined : addressOf(annotation);
    return old === undefined || old === address || isSilent(facts, node) ? [] : [{ node, old, new: address }];
  });
}

function notesOf({ input, setting, picks, replacement }: Parts): Line[] {
  const owned = ownerNotes(setting.owner.object);
  const operator = setting.owner.target.kind === 'Installation';
  const moved = new Set(moves(input, picks).map((move) => move.old));
  const peers = input.facts.get('calico-bgp-peers');
  const named = peers.known
    ? peers.value.filter((peer) => moved.has(addressOf(peer.peerIP ?? ''))).map((peer) => peer.name)
    : [];
  return [
    ...owned,
    ...(operator ? [say('note-operator')] : []),
    ...(!operator && owned.length === 0 ? [say('note-manifest')] : []),
    ...(replacement.stuck.length === 0 ? [] : [say('note-silent', { nodes: replacement.stuck })]),
    ...(named.length === 0 ? [] : [say('note-peers', { peers: named })]),
  ];
}
