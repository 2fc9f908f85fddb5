/** Cause: kubelet runs, and its container runtime has no usable CNI configuration (facts §3.4). */
import type { EvidenceValue } from '../../core/evidence/kinds.ts';
import { proof } from '../../core/facts.ts';
import type { Proof } from '../../core/finding.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { sameObjectLink } from '../links.ts';
import { readyCondition } from '../model/nodes.ts';
import { suspectNodes } from './suspects.ts';

const NOT_INITIALIZED =
  /cni plugin not initialized|cni config uninitialized|no networks found in \/etc\/cni\/net\.d|reason:NetworkPluginNotReady/i;

export const cniNotInitialized = defineRule({
  id: 'cni-not-initialized',
  role: 'cause',
  severity: 'critical',
  summary: 'a node whose container runtime has no usable network configuration',
  needs: ['nodes', 'node-leases', 'node-cni'],
  texts: {
    found:
      'The container runtime on {node} has no network configuration yet: the network plugin has not set the node up.',
    empty:
      'The container runtime on {node} has no network configuration: /etc/cni/net.d has no file that it could use.',
    broken: 'The container runtime on {node} reads {file} first, and that file has an error: {error}',
    'first-wins':
      'The container runtime on {node} reads {file} first, and never {others} after it. A left-over file may hide the right one.',
    condition: 'The node’s own word: {message}',
    files: 'Files in /etc/cni/net.d, in the order in which they are read: {files}.',
    'no-files': '/etc/cni/net.d has no configuration file.',
    plugin: 'Look at the network plugin’s Pod on this node: its init containers write the file.',
    remove: 'Move the file that does not belong there out of /etc/cni/net.d. The runtime sees that by itself.',
  },
  explains: { 'node-not-ready': sameObjectLink },
  judge(facts, say) {
    const nodes = facts.get('nodes');
    if (!nodes.known) return;
    for (const node of suspectNodes(facts)) {
      const ready = readyCondition(node);
      if (ready?.status !== 'False' || !NOT_INITIALIZED.test(ready.message ?? '')) continue;
      const cni = facts.get('node-cni', nodeRef(node.name));
      const seen = cni.known ? wording(cni.value.files) : { text: 'found' as const, data: {} };
      const because: Proof<'condition' | 'files' | 'no-files'>[] = [
        proof(nodes, 'condition', { message: ready.message ?? '' }, `kubectl describe node ${node.name}`),
      ];
      const command = `ls /etc/cni/net.d   # on ${node.name}`;
      if (cni.known && cni.value.files.length === 0) because.push(proof(cni, 'no-files', {}, command));
      else if (cni.known)
        because.push(proof(cni, 'files', { files: cni.value.files.map((file) => file.file) }, command));
      say.find({
        object: nodeRef(node.name),
        // Which of several files is the right one, the files themselves do not say.
        ...(seen.text === 'first-wins' ? { confidence: 'likely', tryThis: command } : { confidence: 'confirmed' }),
        text: seen.text,
        data: { node: node.name, ...seen.data },
        because,
        scope: { nodes: [node.name] },
        ...(ready.lastTransitionTime === undefined ? {} : { since: ready.lastTransitionTime }),
        advice:
          seen.text === 'found' || seen.text === 'empty'
            ? [
                {
                  text: 'plugin',
                  data: {},
                  command: `kubectl get pods -A -o wide --field-selector spec.nodeName=${node.name}`,
                },
              ]
            : [{ text: 'remove', data: {}, command: 'ls -l /etc/cni/net.d' }],
      });
    }
  },
});

type Files = EvidenceValue<'node-cni'>['files'];

/** The first file wins, whatever stands behind it. */
function wording(files: Files) {
  const [first, ...others] = files;
  if (first === undefined) return { text: 'empty' as const, data: {} };
  if (first.error !== undefined) return { text: 'broken' as const, data: { file: first.file, error: first.error } };
  if (others.length > 0)
    return { text: 'first-wins' as const, data: { file: first.file, others: others.map((file) => file.file) } };
  return { text: 'found' as const, data: {} };
}
