/** The rules of the pod network, sorted by id. */
import type { Rule } from '../../core/rule.ts';
import { encapsulationBlocked } from './encapsulation-blocked.ts';
import { podCidrOverlap } from './pod-cidr-overlap.ts';
import { podNetworkBroken } from './pod-network-broken.ts';
import { podRouteMissing } from './pod-route-missing.ts';

export const POD_NETWORK_RULES: readonly Rule[] = [
  encapsulationBlocked,
  podCidrOverlap,
  podNetworkBroken,
  podRouteMissing,
];
