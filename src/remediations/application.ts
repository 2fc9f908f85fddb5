/** Remediations of what people run: Services, workloads, Pods, and where they are scheduled. Sorted by id. */
import type { Remediation } from '../core/remediation.ts';
import { approveKubeletCsr } from './approve-kubelet-csr.ts';
import { cordonNode } from './cordon-node.ts';
import { deletePod } from './delete-pod.ts';
import { fixServiceSelector } from './fix-service-selector.ts';
import { fixServiceTargetPort } from './fix-service-target-port.ts';
import { restartWorkload } from './restart-workload.ts';
import { scaleWorkload } from './scale-workload.ts';
import { setExternalTrafficPolicy } from './set-external-traffic-policy.ts';
import { uncordonNode } from './uncordon-node.ts';
import { undoRollout } from './undo-rollout.ts';

export const APPLICATION: readonly Remediation[] = [
  approveKubeletCsr,
  cordonNode,
  deletePod,
  fixServiceSelector,
  fixServiceTargetPort,
  restartWorkload,
  scaleWorkload,
  setExternalTrafficPolicy,
  uncordonNode,
  undoRollout,
];
