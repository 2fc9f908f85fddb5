/** Causes of refusals that differ in their words only: accounts, policies, Pod Security, limits, priority classes, namespaces that end. */
import { type Facts, proof } from '../../core/facts.ts';
import { namespacedRef, type ObjectRef } from '../../core/object-ref.ts';
import { type Beside, refusalRule, WORD } from './refusal-rule.ts';

/** Gives what a pattern's groups name; undefined where it does not fit. */
function groups(pattern: RegExp, message: string): Record<string, string> | undefined {
  const found = pattern.exec(message)?.groups;
  if (found === undefined) return undefined;
  return Object.fromEntries(Object.entries(found).map(([key, value]) => [key, (value ?? '').trim()]));
}

export const serviceAccountMissing = refusalRule({
  id: 'service-account-missing',
  summary: 'Pods that name a ServiceAccount which is not there',
  needs: ['service-account'],
  texts: {
    found: 'The ServiceAccount {account} is not there, so Pods of {workloads} are refused.',
    word: WORD,
    absent: 'ServiceAccount {account}: not found.',
    present: 'ServiceAccount {account} is there now.',
    make: 'Create the account with the roles that it had, or name one that is there in the Pod template.',
    default: 'kube-controller-manager makes the account “default” of each namespace. Look whether it runs.',
  },
  read: ({ message }) => {
    const found = groups(
      /looking up service account (?<ns>[^/\s]+)\/(?<name>[^:\s]+): serviceaccount "[^"]+" not found/,
      message,
    );
    if (found === undefined) return undefined;
    const { ns = '', name = '' } = found;
    return { text: 'found', object: namespacedRef('ServiceAccount', ns, name), data: { account: `${ns}/${name}` } };
  },
  beside: (facts: Facts, { object, data }): Beside<'absent' | 'present'> => {
    const account = facts.get('service-account', object);
    if (!account.known) return { proofs: [] };
    const text = account.value.exists ? 'present' : 'absent';
    const proofs = [proof(account, text, { account: data['account'] ?? '?' })];
    return account.value.exists ? { proofs, doubt: account.item.command } : { proofs };
  },
  advice: ({ object: { namespace = '', name } }) =>
    name === 'default'
      ? [{ text: 'default', data: {}, command: 'kubectl -n kube-system get lease kube-controller-manager' }]
      : [{ text: 'make', data: {}, command: `kubectl -n ${namespace} create serviceaccount ${name}` }],
});

export const admissionPolicyDenies = refusalRule({
  id: 'admission-policy-denies',
  summary: 'Pods that a policy of the cluster does not let in',
  texts: {
    found: 'The webhook {policy} denies the Pods of {workloads}: {reason}. It works; that is its decision.',
    policy: 'The admission policy {policy} denies the Pods of {workloads}: {reason}. It works; that is its decision.',
    word: WORD,
    change: 'Change the Pod template so that it keeps to the policy, or ask whoever owns the policy for an exception.',
  },
  read: ({ message, object }) => {
    const hook = groups(/admission webhook "(?<policy>[^"]+)" denied the request(?:: (?<reason>.*))?$/s, message);
    const policy = groups(
      /ValidatingAdmissionPolicy '(?<policy>[^']+)'.* denied request(?:: (?<reason>.*))?$/s,
      message,
    );
    const found = hook ?? policy;
    if (found === undefined) return undefined;
    // One policy may deny several workloads, each for a reason of its own: the workload is what has to change.
    const data = { policy: found['policy'] ?? '', reason: bare(found['reason'] ?? '') };
    return { text: hook === undefined ? 'policy' : 'found', object, data };
  },
  advice: ({ object }) => [{ text: 'change', data: {}, command: template(object) }],
});

export const podSecurityDenies = refusalRule({
  id: 'pod-security-denies',
  summary: 'Pods that ask for more rights than their namespace allows',
  texts: {
    found: 'Namespace {namespace} allows Pods of level {level} only, and those of {workloads} break it: {reason}.',
    psp: 'No PodSecurityPolicy that {workloads} may use allows its Pods: {reason}.',
    scc: 'No SecurityContextConstraints that {workloads} may use allows its Pods: {reason}.',
    word: WORD,
    change:
      'Set what the level asks for in the Pod template. Lower the namespace’s level only where the Pods need those rights.',
    grant: 'Change the Pod template, or let its ServiceAccount use a policy that allows what it needs.',
  },
  read: ({ message, object, namespace }) => {
    const level = groups(/violates PodSecurity "(?<level>[^"]+)": (?<reason>.*)$/s, message);
    if (level !== undefined)
      return {
        text: 'found',
        object,
        data: { namespace, level: level['level'] ?? '', reason: bare(level['reason'] ?? '') },
      };
    const old = groups(/unable to (?:validate against any pod security policy|admit pod): ?(?<reason>.*)$/s, message);
    if (old !== undefined) return { text: 'psp', object, data: { reason: bare(old['reason'] ?? '') } };
    const scc = groups(/unable to validate against any security context constraint: ?(?<reason>.*)$/s, message);
    return scc === undefined ? undefined : { text: 'scc', object, data: { reason: bare(scc['reason'] ?? '') } };
  },
  advice: ({ text, object }) =>
    text === 'found'
      ? [{ text: 'change', data: {}, command: `kubectl get ns ${object.namespace ?? ''} --show-labels` }]
      : [{ text: 'grant', data: {}, command: template(object) }],
});

export const limitRangeRefuses = refusalRule({
  id: 'limit-range-refuses',
  summary: 'Pods that ask for more or less than a LimitRange of their namespace allows',
  needs: ['limit-ranges'],
  texts: {
    found: 'A LimitRange of namespace {namespace} refuses the Pods of {workloads}: {reason}.',
    word: WORD,
    ranges: 'LimitRanges of namespace {namespace}: {names}.',
    none: 'Namespace {namespace} has no LimitRange any more.',
    change: 'Change requests and limits in the Pod template, or the LimitRange if it is too narrow for this namespace.',
  },
  read: ({ message, object, namespace }) => {
    const found = groups(
      /(?<reason>\[?(?:(?:minimum|maximum) \S+ usage per|\S+ max limit to request ratio per).*)$/s,
      message,
    );
    return found && { text: 'found', object, data: { namespace, reason: bare(found['reason'] ?? '') } };
  },
  beside: (facts, { data }): Beside<'ranges' | 'none'> => {
    const namespace = String(data['namespace']);
    const ranges = facts.get('limit-ranges', { kind: 'Namespace', name: namespace });
    if (!ranges.known) return { proofs: [] };
    const names = ranges.value.map((range) => range.name);
    if (names.length > 0) return { proofs: [proof(ranges, 'ranges', { namespace, names })] };
    return { proofs: [proof(ranges, 'none', { namespace })], doubt: ranges.item.command };
  },
  advice: ({ object }) => [
    { text: 'change', data: {}, command: `kubectl -n ${object.namespace ?? ''} describe limitrange` },
  ],
});

export const priorityClassMissing = refusalRule({
  id: 'priority-class-missing',
  summary: 'Pods that name a PriorityClass which is not there',
  texts: {
    found: 'The PriorityClass {name} is not there, so Pods of {workloads} are refused.',
    word: WORD,
    make: 'Create the class, or name one that is there in the Pod template.',
  },
  read: ({ message }) => {
    const name = groups(/no PriorityClass with name "?(?<name>[^\s"]+)"? was found/, message)?.['name'];
    return name === undefined ? undefined : { text: 'found', object: { kind: 'PriorityClass', name }, data: { name } };
  },
  advice: () => [{ text: 'make', data: {}, command: 'kubectl get priorityclasses' }],
});

export const namespaceTerminating = refusalRule({
  id: 'namespace-terminating',
  summary: 'a namespace that is being deleted takes nothing new',
  texts: {
    found: 'Namespace {namespace} is being deleted: it takes no new Pods.',
    word: WORD,
    look: 'If it hangs, its conditions name what is left in it. A deletion cannot be taken back: make the namespace anew after it.',
  },
  read: ({ message, namespace }) => {
    if (!/because it is being terminated/.test(message)) return undefined;
    return { text: 'found', object: { kind: 'Namespace', name: namespace }, data: { namespace } };
  },
  advice: ({ object }) => [{ text: 'look', data: {}, command: `kubectl get ns ${object.name} -o yaml` }],
});

function template({ kind, namespace = '', name }: ObjectRef): string {
  return `kubectl -n ${namespace} get ${kind.toLowerCase()} ${name} -o yaml`;
}

/** The words without the brackets and full stops around them: a sentence follows. */
function bare(text: string): string {
  return text.replace(/^[\s[]+|[\s\].]+$/g, '');
}
