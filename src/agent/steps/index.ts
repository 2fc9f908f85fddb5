/** Every step by its name: the compiler asks for each of core/node-steps.ts. */
import type { NodeStepName } from '../../core/node-steps.ts';
import type { AgentStep } from '../step.ts';
import { fstabLine } from './fstab-line.ts';
import { kubeletFlag } from './kubelet-flag.ts';
import { containerRuntime, kubelet, kubeProxyUnit } from './services.ts';
import { swapDevice } from './swap-device.ts';
import { swapUnit } from './swap-unit.ts';
import { sysctl } from './sysctl.ts';
import { txChecksum } from './tx-checksum.ts';

export const AGENT_STEPS: { readonly [S in NodeStepName]: AgentStep<S> } = {
  'swap-device': swapDevice,
  'swap-unit': swapUnit,
  'fstab-line': fstabLine,
  kubelet,
  'container-runtime': containerRuntime,
  'kube-proxy-unit': kubeProxyUnit,
  'kubelet-flag': kubeletFlag,
  sysctl,
  'tx-checksum': txChecksum,
};
