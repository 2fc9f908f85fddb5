/** Takes a flag that this kubelet no longer knows out of the files that hold its flags (R21, K10, K11). */
import type { NodeObject } from '../core/evidence/cluster.ts';
import { REMOVED_FLAGS } from '../core/node-steps.ts';
import { defineRemediation } from '../core/remediation.ts';
import { linesOf, refused } from './lines.ts';
import { NODE_TEXTS, namedNode, nodeDraft, nodeStep, waitReady } from './node-drafts.ts';
import { nodeOf } from './nodes.ts';

const KUBEADM = '/var/lib/kubelet/kubeadm-flags.env';
const DEBIAN = '/etc/default/kubelet';
const RED_HAT = '/etc/sysconfig/kubelet';

const TEXTS = {
  ...NODE_TEXTS,
  title: 'Take {flag} out of the flags of kubelet on {node}',
  drop: 'Take {flag} out of {file} on {node}, where it stands there. The file is kept beside it, and kubelet restarts.',
  blast: 'Only {node}. Its kubelet does not run now; containers that run there go on.',
  'before-line': 'kubelet on {node} still ends with: unknown flag: {flag}.',
  'no-undo': 'Putting the flag back would keep kubelet from starting. The old file stays beside the new one.',
  'note-elsewhere':
    'Where the flag stands in none of these files, a drop-in of systemd sets it: then nothing is changed, and a person has to look.',
  'note-image': 'The runtime’s own setting decides about the pause image from now on (sandbox_image of containerd).',
  'no-flag': 'It is not known which flag kubelet on {node} refuses.',
  'not-listed':
    '{flag} is not one of the flags that kubewhy takes out ({flags}). Whether kubelet may do without it is for a person to say.',
  'manual-find': 'Find where it is set:',
} as const;
const say = linesOf(TEXTS);

export const removeKubeletFlag = defineRemediation({
  id: 'remove-kubelet-flag',
  summary: 'takes a flag that kubelet no longer knows out of its flags',
  fixes: ['kubelet-removed-flag'],
  texts: TEXTS,
  rights: [{ verb: 'get', group: '', resource: 'nodes' }],
  nodeSteps: ['kubelet-flag'],
  wants: () => [],
  plan(input) {
    const node = namedNode(input);
    if (node === undefined) return refused(say('no-node', { node: input.finding.object.name }));
    const found = String(input.finding.data['flag'] ?? '');
    const flag = String(input.params['flag'] ?? found);
    // The line of today decides, not what was offered before.
    if (flag === '' || flag !== found) return refused(say('no-flag', { node }));
    if (!REMOVED_FLAGS.includes(flag))
      return refused(
        say('not-listed', { flag, flags: REMOVED_FLAGS }),
        say(
          'manual-find',
          {},
          `grep -rn -e '${flag}' ${KUBEADM} ${DEBIAN} ${RED_HAT} /etc/systemd/system/kubelet.service.d`,
        ),
      );
    const steps = [
      ...filesOf(nodeOf(input.facts, node)).map((file) =>
        nodeStep(node, 'kubelet-flag', { file, flag, state: 'absent' }, say('drop', { node, flag, file })),
      ),
      waitReady(node),
    ];
    return {
      status: 'draft',
      draft: {
        ...nodeDraft(input, node, steps, []),
        remediation: 'remove-kubelet-flag',
        title: say('title', { node, flag }),
        noUndo: say('no-undo'),
        blast: [say('blast', { node })],
        checksBefore: [say('before-line', { node, flag })],
        notes: [
          say('note-elsewhere', {}, `grep -rn -e '${flag}' /etc/systemd/system/kubelet.service.d`),
          ...(flag === '--pod-infra-container-image' ? [say('note-image')] : []),
        ],
      },
    };
  },
});

/** The files in which this system's kubelet has its flags: kubeadm's own, and the one of its distribution. */
function filesOf(node: NodeObject | undefined) {
  const os = node?.osImage ?? '';
  if (/ubuntu|debian/i.test(os)) return [KUBEADM, DEBIAN] as const;
  if (/red hat|rhel|centos|fedora|rocky|alma|oracle|amazon|suse/i.test(os)) return [KUBEADM, RED_HAT] as const;
  return [KUBEADM, DEBIAN, RED_HAT] as const;
}
