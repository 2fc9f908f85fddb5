/** What the scheduler says about a Pod without a node, taken apart: how many nodes refuse it, and why. All versions since v1.18. */
import { sameRef } from '../../core/object-ref.ts';
import type { Link } from '../../core/rule.ts';
import type { SeenPod } from '../model/pods.ts';

/** The scheduler's message and the evidence that holds it. */
export interface SchedulingWord {
  readonly message: string;
  readonly fact: NonNullable<SeenPod['events']> | SeenPod['list'];
}

/** One reason of the scheduler. `taint` is `key` or `key: value` where the reason is a taint. */
export interface Refusal {
  readonly nodes: number;
  readonly reason: string;
  readonly taint?: { readonly key: string; readonly value: string };
}

/** The scheduler's last word on a Pod: its condition PodScheduled, else its newest event FailedScheduling. */
export function schedulingWord({ pod, list, events }: SeenPod): SchedulingWord | undefined {
  if (pod.nodeName !== undefined) return undefined;
  const condition = pod.conditions.find((c) => c.type === 'PodScheduled' && c.status === 'False');
  if (condition?.message !== undefined && condition.message !== '') return { message: condition.message, fact: list };
  const failed = (events?.value ?? []).filter((event) => event.reason === 'FailedScheduling');
  const newest = [...failed].sort((a, b) => Date.parse(b.lastTime ?? '') - Date.parse(a.lastTime ?? ''))[0];
  return newest === undefined || events === undefined ? undefined : { message: newest.message, fact: events };
}

/** Gives the reasons of `0/3 nodes are available: 1 Insufficient memory, 2 node(s) had taint {k: v}, that …`; without preemption's. */
export function refusals(message: string): Refusal[] {
  const body = /nodes? (?:are|is) available:? ?(.*)$/is.exec(message)?.[1];
  if (body === undefined) return [];
  // The reasons are one sentence; what stands behind it is about preemption and claims.
  const own = body.split(/\.(?:\s|$)|preemption:/i)[0] ?? '';
  const out: Refusal[] = [];
  // A reason begins with a count; a taint's braces may hold commas.
  const pattern = /(\d+) ((?:\{[^}]*\}|[^{}])*?)(?=, \d+ |$)/g;
  for (const match of own.trim().matchAll(pattern)) {
    const reason = (match[2] ?? '').replace(/[\s.,]+$/, '');
    if (reason === '') continue;
    const taint = /taint(?:s)? \{(?<key>[^:}]+)(?::\s?(?<value>[^}]*))?\}/i.exec(reason)?.groups;
    out.push({
      nodes: Number(match[1]),
      reason,
      ...(taint?.['key'] === undefined
        ? {}
        : { taint: { key: taint['key'].trim(), value: (taint['value'] ?? '').trim() } }),
    });
  }
  return out;
}

/** How many nodes the scheduler looked at: the 3 of `0/3 nodes are available`. */
export function nodesLookedAt(message: string): number | undefined {
  const match = /(\d+)\/(\d+) nodes? (?:are|is) available/i.exec(message);
  return match === null ? undefined : Number(match[2]);
}

/** A reason of the scheduler's explains the Pending Pods of the same owner. */
export const explainsPending: Link = {
  when: (mine, theirs) => sameRef(mine.object, theirs.object) && theirs.text === 'unscheduled',
};
