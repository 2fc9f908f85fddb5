/** Sets one kernel setting of a fixed list, now and for the next boot (R22, K16, K18). */
import { STEP_PARAMS, SYSCTLS } from '../core/node-steps.ts';
import { nodeRef } from '../core/object-ref.ts';
import { defineRemediation } from '../core/remediation.ts';
import { linesOf, refused } from './lines.ts';
import { NODE_TEXTS, namedNode, nodeDraft, nodeStep, startIfGivenUp, waitIfDown } from './node-drafts.ts';
import { whyUnknown } from './nodes.ts';

const FILE = '/etc/sysctl.d/99-kubewhy.conf';
const TEXTS = {
  ...NODE_TEXTS,
  title: 'Set {name} to {value} on {node}',
  set: 'Set {name} on {node} from {old} to {value}, now and in {file}.',
  back: 'Set {name} on {node} back to {old}, and take it out of {file}.',
  'blast-forward':
    'All traffic that {node} passes on, at once: packets between networks, Pods and Services are forwarded again. Rules of the firewall still hold.',
  'blast-kernel': 'Only {node}: the kernel’s own limit or setting, at once. Nothing restarts.',
  'before-value': '{name} on {node} is {old}.',
  'note-reset':
    'Look for what sets it to {old} (another file in /etc/sysctl.d, a hardening script): it may do so again at the next boot.',
  'no-undo': 'The old value {old} lies outside of what kubewhy sets ({min} to {max}), so it cannot be put back.',
  unlisted: '{name} is not one of the kernel settings that kubewhy changes.',
  'out-of-bounds': '{value} is not a value that kubewhy gives to {name}: it takes {min} to {max}.',
  'no-value': 'The agent of {node} does not show {name}, so its old value could not be put back.',
  same: '{name} on {node} is {value} already.',
  odd: '{name} on {node} is "{old}", which is no number.',
} as const;
const say = linesOf(TEXTS);

export const setSysctl = defineRemediation({
  id: 'set-sysctl',
  summary: 'sets one kernel setting of a fixed list',
  fixes: ['ip-forward-off', 'kubelet-inotify-exhausted', 'kubelet-kernel-flag-wrong'],
  texts: TEXTS,
  rights: [{ verb: 'get', group: '', resource: 'nodes' }],
  nodeSteps: ['kubelet', 'sysctl'],
  wants: () => [],
  plan(input) {
    const { facts, params } = input;
    const node = namedNode(input);
    if (node === undefined) return refused(say('no-node', { node: input.finding.object.name }));
    const name = String(params['name'] ?? '');
    const bounds = Object.hasOwn(SYSCTLS, name) ? SYSCTLS[name] : undefined;
    if (bounds === undefined) return refused(say('unlisted', { name }));
    const value = Number(params['value'] ?? Number.NaN);
    if (!STEP_PARAMS.sysctl.safeParse({ name, value, persist: true }).success)
      return refused(say('out-of-bounds', { name, value: String(params['value'] ?? ''), ...bounds }));
    const sysctls = facts.get('node-sysctls', nodeRef(node));
    if (!sysctls.known) return refused(say('no-agent', { node, reason: whyUnknown(sysctls) ?? '' }));
    const text = sysctls.value[name];
    if (text === undefined) return refused(say('no-value', { node, name }));
    const old = Number(text);
    if (!Number.isInteger(old)) return refused(say('odd', { node, name, old: text }));
    if (old === value) return refused(say('same', { node, name, value }));
    const data = { node, name, old, value, file: FILE };
    const steps = [
      nodeStep(node, 'sysctl', { name, value, persist: true }, say('set', data)),
      ...startIfGivenUp(facts, node),
      ...waitIfDown(facts, node),
    ];
    const back = STEP_PARAMS.sysctl.safeParse({ name, value: old, persist: false });
    const undo = back.success ? [nodeStep(node, 'sysctl', back.data, say('back', data))] : [];
    return {
      status: 'draft',
      draft: {
        ...nodeDraft(input, node, steps, undo),
        remediation: 'set-sysctl',
        title: say('title', { name, value, node }),
        ...(back.success ? {} : { noUndo: say('no-undo', { old, ...bounds }) }),
        blast: [say(name === 'net.ipv4.ip_forward' ? 'blast-forward' : 'blast-kernel', { node })],
        checksBefore: [say('before-value', data)],
        notes: [say('note-reset', { old }, `grep -rn -e '${name}' /etc/sysctl.conf /etc/sysctl.d /usr/lib/sysctl.d`)],
      },
    };
  },
});
