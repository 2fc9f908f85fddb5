/** Makes the rules about the two components that elect a leader: what they share is how it is seen that nobody leads. */
import { type Facts, proof } from '../../core/facts.ts';
import type { Proof } from '../../core/finding.ts';
import { defineRule, type Link, type Rule } from '../../core/rule.ts';
import { type Component, type LeaderFault, leaderFault } from './leaders.ts';

const PODS = 3;

export interface LeaderKind {
  readonly id: string;
  readonly component: Component;
  readonly summary: string;
  /** What nobody does any more, as the end of a sentence. */
  readonly undone: string;
  readonly explains: Readonly<Record<string, Link>>;
  /** Something waits for it: without that, an old Lease alone is no fault. */
  readonly missed: (facts: Facts) => boolean;
}

/** The kinds of evidence that are read to tell it. */
export const LEADER_NEEDS = [
  'leader-leases',
  'pods',
  'nodes',
  'node-leases',
  'api-health',
  'events',
  'workload',
] as const;

export function leaderRule(kind: LeaderKind): Rule {
  const { id, component, summary, undone, explains, missed } = kind;
  return defineRule({
    id,
    role: 'cause',
    severity: 'critical',
    summary,
    needs: LEADER_NEEDS,
    texts: {
      down: `${component} does not run: ${undone}.`,
      absent: `${component} is not there, while the rest of the control plane is: ${undone}.`,
      silent: `${component} ran on {nodes}, and nobody hears from there: ${undone}.`,
      idle: `${component} runs and has not led since {renewed}: ${undone}.`,
      unseen: `Nobody has led as ${component} since {renewed}: ${undone}.`,
      lease: `Lease kube-system/${component} was last renewed at {renewed}, by {holder}. A leader renews it every two seconds.`,
      status: 'Pod {pod} on {node}: {state}.',
      none: `The control plane’s Pods are listed; none of them is ${component}.`,
      words: 'Read its last words, then mend what they name: a flag, a certificate, a file that is not there.',
      manifest: `Look for its manifest in /etc/kubernetes/manifests: kubelet starts what is there.`,
      node: 'Bring the node back, or let the component run on another control plane node as well.',
      health: 'Ask it how it is; then look in its log why it does not lead.',
    },
    explains,
    judge(facts, say) {
      const fault = leaderFault(facts, component);
      if (fault === undefined || (['idle', 'unseen'].includes(fault.text) && !missed(facts))) return;
      const { text, sure, renewed, nodes } = fault;
      const check = `kubectl -n kube-system get lease ${component} -o yaml; kubectl -n kube-system get pods -l component=${component}`;
      say.find({
        object: { kind: 'Component', name: component },
        ...(sure ? { confidence: 'confirmed' } : { confidence: 'likely', tryThis: check }),
        text,
        data: { renewed: renewed ?? '?', nodes },
        because: [...leaseProof(fault, component), ...podProofs(fault, check)],
        scope: { nodes },
        ...(renewed === undefined ? {} : { since: renewed }),
        advice: [adviceFor(fault, component)],
      });
    },
  });
}

function leaseProof({ lease, renewed }: LeaderFault, component: Component): Proof<'lease'>[] {
  if (lease === undefined || renewed === undefined) return [];
  const holder = lease.value.find((one) => one.component === component)?.holder ?? '?';
  return [proof(lease, 'lease', { renewed, holder: holder === '' ? '?' : holder })];
}

function podProofs({ pods, sick, text }: LeaderFault, command: string): Proof<'status' | 'none'>[] {
  if (pods === undefined) return [];
  if (text === 'absent') return [proof(pods, 'none' as const, {}, command)];
  return sick.slice(0, PODS).map(({ pod, state }) => {
    const shown = `kubectl -n kube-system describe pod ${pod.name}`;
    return proof(pods, 'status' as const, { pod: pod.name, node: pod.nodeName ?? '?', state }, shown);
  });
}

function adviceFor({ text, sick, nodes }: LeaderFault, component: Component) {
  const node = sick[0]?.pod.nodeName ?? nodes[0] ?? 'a control plane node';
  if (text === 'absent')
    return {
      text: 'manifest' as const,
      data: {},
      command: `ls -l /etc/kubernetes/manifests   # on a control plane node`,
    };
  if (text === 'silent') return { text: 'node' as const, data: {}, command: `kubectl describe node ${node}` };
  const port = component === 'kube-scheduler' ? 10_259 : 10_257;
  if (text === 'down') {
    const command = `crictl logs $(crictl ps -a --name ${component} -q | head -n 1)   # on ${node}`;
    return { text: 'words' as const, data: {}, command };
  }
  return { text: 'health' as const, data: {}, command: `curl -sk https://127.0.0.1:${port}/healthz   # on ${node}` };
}
