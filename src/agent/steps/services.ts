/** Steps that start a service: kubelet anew, a container runtime or a kube-proxy where it is not running (facts §6 R19, R20). */
import { startUnit } from '../start-unit.ts';
import type { AgentStep } from '../step.ts';

export const kubelet: AgentStep<'kubelet'> = {
  name: 'kubelet',
  take: (_params, context) => startUnit(context, 'kubelet.service', 'restart'),
};

export const containerRuntime: AgentStep<'container-runtime'> = {
  name: 'container-runtime',
  take: ({ unit }, context) => startUnit(context, unit, 'start'),
};

export const kubeProxyUnit: AgentStep<'kube-proxy-unit'> = {
  name: 'kube-proxy-unit',
  take: ({ unit }, context) => startUnit(context, unit, 'start'),
};
