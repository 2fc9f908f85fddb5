/** Cause: a ResourceQuota of the namespace leaves no room for the Pods, or demands what they do not state. */
import { type Facts, proof } from '../../core/facts.ts';
import { parseQuantity } from '../workload/quantity.ts';
import { type Beside, type Reading, refusalRule, WORD } from './refusal-rule.ts';
import type { Refusal } from './refusals.ts';

const EXCEEDED =
  /exceeded quota: (?<quota>[^,\s]+), requested: (?<asked>\S+), used: (?<used>\S+), limited: (?<hard>\S+)/;
const UNSET = /failed quota: (?<quota>[^:\s]+): must specify (?<what>.+)$/;
const UNCOUNTED = /status unknown for quota: (?<quota>[^,\s]+)/;

type TextId = 'found' | 'unset' | 'uncounted' | 'word' | 'now' | 'gone' | 'room' | 'state' | 'count' | 'restart';

export const quotaExceeded = refusalRule({
  id: 'quota-exceeded',
  summary: 'a namespace whose quota leaves no room for the Pods',
  needs: ['resource-quotas'],
  texts: {
    found: 'The quota {quota} of namespace {namespace} is used up, so Pods of {workloads} are refused. {sums}.',
    unset:
      'The quota {quota} of namespace {namespace} demands {what}, and the Pods of {workloads} do not state it, so they are refused.',
    uncounted:
      'The quota {quota} of namespace {namespace} has not been counted yet, so Pods of {workloads} are refused until it is.',
    word: WORD,
    now: 'Quota {quota} of namespace {namespace} now: {rows}.',
    gone: 'Namespace {namespace} has no quota {quota} any more.',
    room: 'Raise the quota, or free what it counts: fewer replicas, smaller requests, finished Pods deleted. Used plus asked must fit.',
    state: 'State it in the Pod template, or give the namespace a LimitRange with defaults.',
    count: 'kube-controller-manager counts quotas. Look whether it runs.',
    restart: 'A restart of the workload: during a rollout it needs more of the quota, not less.',
  },
  read,
  beside,
  advice: ({ text, data }) => {
    const command = `kubectl -n ${String(data['namespace'])} describe quota ${String(data['quota'])}`;
    if (text === 'unset') return [{ text: 'state', data: {}, command }];
    return text === 'uncounted'
      ? [{ text: 'count', data: {}, command: 'kubectl -n kube-system get lease kube-controller-manager' }]
      : [{ text: 'room', data: {}, command }];
  },
  wouldNotHelp: ({ text }) => (text === 'found' ? [{ text: 'restart', data: {} }] : []),
});

function read({ message, namespace }: Refusal): Reading<TextId> | undefined {
  const object = { kind: 'Namespace', name: namespace };
  const exceeded = EXCEEDED.exec(message)?.groups;
  if (exceeded !== undefined) {
    const { quota = '', asked = '', used = '', hard = '' } = exceeded;
    const [ask, use] = [amounts(asked), amounts(used)];
    const sums = [...amounts(hard)].map(
      ([name, limit]) => `${name}: ${use.get(name) ?? '?'} + ${ask.get(name) ?? '?'} > ${limit}`,
    );
    const resources = [...amounts(hard).keys()];
    return {
      text: 'found',
      object,
      data: { quota, namespace, sums, resources, asked: [...ask].map(([n, v]) => `${n}=${v}`) },
    };
  }
  const unset = UNSET.exec(message)?.groups;
  if (unset !== undefined)
    return { text: 'unset', object, data: { quota: unset['quota'] ?? '', namespace, what: unset['what'] ?? '' } };
  const quota = UNCOUNTED.exec(message)?.groups?.['quota'];
  return quota === undefined ? undefined : { text: 'uncounted', object, data: { quota, namespace } };
}

/** Gives `limits.cpu=4,pods=10` by name. */
function amounts(text: string): Map<string, string> {
  const pairs = text.replace(/[.;\]]+$/, '').split(',');
  return new Map(pairs.map((pair) => [pair.slice(0, pair.lastIndexOf('=')), pair.slice(pair.lastIndexOf('=') + 1)]));
}

/** The quota as it is now: where it has room, or is gone, the refusal may be over. */
function beside(facts: Facts, { object, text, data }: Reading<TextId>): Beside<TextId> {
  const quotas = facts.get('resource-quotas', object);
  if (!quotas.known) return { proofs: [] };
  const { quota, namespace } = { quota: String(data['quota']), namespace: object.name };
  const now = quotas.value.find((one) => one.name === quota);
  const doubt = `kubectl -n ${namespace} describe quota`;
  if (now === undefined) return { proofs: [proof(quotas, 'gone', { quota, namespace }, doubt)], doubt };
  const named = Array.isArray(data['resources']) ? (data['resources'] as string[]) : Object.keys(now.hard);
  const rows = named.map((name) => `${name} ${now.used[name] ?? '?'}/${now.hard[name] ?? '?'}`);
  const proofs = [proof(quotas, 'now' as const, { quota, namespace, rows }, `${doubt} ${quota}`)];
  return text === 'found' && hasRoom(now, data['asked']) ? { proofs, doubt } : { proofs };
}

function hasRoom(
  now: { hard: Readonly<Record<string, string>>; used: Readonly<Record<string, string>> },
  asked: unknown,
) {
  if (!Array.isArray(asked) || asked.length === 0) return false;
  return asked.every((pair: string) => {
    const [name, want] = [pair.slice(0, pair.lastIndexOf('=')), pair.slice(pair.lastIndexOf('=') + 1)];
    const [hard, used, more] = [now.hard[name], now.used[name], want].map(parseQuantity);
    if (now.hard[name] === undefined) return true;
    return hard !== undefined && used !== undefined && more !== undefined && used + more <= hard;
  });
}
