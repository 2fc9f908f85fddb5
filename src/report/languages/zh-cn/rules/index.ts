/** The sentences of all rules in Simplified Chinese, one file per family. A rule id stands in one file only. */
import type { RuleWords } from '../../words.ts';
import { admission } from './admission.ts';
import { calico } from './calico.ts';
import { controlPlane } from './control-plane.ts';
import { kubelet } from './kubelet.ts';
import { leaders } from './leaders.ts';
import { node } from './node.ts';
import { podNetwork } from './pod-network.ts';
import { nodePressure } from './pressure.ts';
import { service } from './service.ts';
import { serviceProxy } from './service-proxy.ts';
import { storage } from './storage.ts';
import { workload } from './workload.ts';

/** One entry for each file beside this one. */
export const FAMILIES: Readonly<Record<string, RuleWords>> = {
  admission,
  calico,
  'control-plane': controlPlane,
  kubelet,
  leaders,
  node,
  'pod-network': podNetwork,
  pressure: nodePressure,
  service,
  'service-proxy': serviceProxy,
  storage,
  workload,
};

export const rules: RuleWords = Object.assign({}, ...Object.values(FAMILIES));
