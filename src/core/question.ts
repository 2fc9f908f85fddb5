/** A question: a target and what is wrong with it. What people type, alerts map to, and jobs carry. */
import { z } from 'zod';

/** Workloads and objects that `diagnose` understands; `Component` is calico, control-plane or cluster. */
export const TARGET_KINDS = [
  'NodePort',
  'Service',
  'Node',
  'Pod',
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'Namespace',
  'PersistentVolumeClaim',
  'PersistentVolume',
  'Component',
] as const;

const name = z.string().min(1).max(253);

/**
 * What was asked about. `NodePort` has only `nodePort` until the Service behind it is known;
 * `port` of a Service is a number or a port's name.
 */
export const Target = z.object({
  kind: z.enum(TARGET_KINDS),
  namespace: name.optional(),
  name: name.optional(),
  port: z.union([z.number().int().min(1).max(65535), z.string().min(1).max(63)]).optional(),
  nodePort: z.number().int().min(1).max(65535).optional(),
  protocol: z.enum(['TCP', 'UDP', 'SCTP']).optional(),
});
export type Target = z.infer<typeof Target>;

/** `from`: who fails (a node's name, or an address outside). `at`: the entry that fails (a node's name or one of its addresses). */
export const Question = z.object({
  type: z.enum(['why-not-reachable', 'diagnose', 'preflight']),
  target: Target,
  from: name.optional(),
  at: name.optional(),
});
export type Question = z.infer<typeof Question>;

/** Gives the question as a person would type it: `why-not-reachable ci/jenkins-svc:80 at k8smater1`. */
export function questionText(question: Question): string {
  const words: string[] = [question.type];
  if (question.type !== 'preflight') words.push(targetText(question.target));
  if (question.from !== undefined) words.push('from', question.from);
  if (question.at !== undefined) words.push('at', question.at);
  return words.join(' ');
}

/** Kinds that nobody writes out. */
const SHORT: Readonly<Partial<Record<Target['kind'], string>>> = {
  PersistentVolumeClaim: 'pvc',
  PersistentVolume: 'pv',
};

/** Gives the target as a person would type it. */
export function targetText(target: Target): string {
  if (target.kind === 'NodePort') return String(target.nodePort ?? '');
  if (target.kind === 'Component') return target.name === 'control-plane' ? 'control plane' : (target.name ?? '');
  const object = target.namespace === undefined ? (target.name ?? '') : `${target.namespace}/${target.name ?? ''}`;
  if (target.kind === 'Service') return target.port === undefined ? object : `${object}:${target.port}`;
  return `${SHORT[target.kind] ?? target.kind.toLowerCase()} ${object}`;
}
