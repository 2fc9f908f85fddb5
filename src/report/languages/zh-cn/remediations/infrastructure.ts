/** The sentences of the remediations in remediations/infrastructure.ts, in Simplified Chinese. */
import type { RuleWords } from '../../words.ts';
import { calico } from './infrastructure-calico.ts';
import { kubeProxy } from './infrastructure-kube-proxy.ts';
import { nodes } from './infrastructure-nodes.ts';

export const infrastructure: RuleWords = { ...calico, ...kubeProxy, ...nodes };
