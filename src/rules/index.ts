/** The registry of rules, sorted by id. One line each. */
import type { Rule } from '../core/rule.ts';
import { ADMISSION_RULES } from './admission/index.ts';
import { CALICO_RULES } from './calico/index.ts';
import { CONTROL_PLANE_RULES } from './control-plane/index.ts';
import { NODE_RULES } from './node/index.ts';
import { POD_NETWORK_RULES } from './pod-network/index.ts';
import { SERVICE_RULES } from './service/index.ts';
import { SERVICE_PROXY_RULES } from './service-proxy/index.ts';
import { STORAGE_RULES } from './storage/index.ts';
import { WORKLOAD_RULES } from './workload/index.ts';

/** Every rule; families keep their own sorted lists. */
export const RULES: readonly Rule[] = [
  ...ADMISSION_RULES,
  ...CALICO_RULES,
  ...CONTROL_PLANE_RULES,
  ...NODE_RULES,
  ...POD_NETWORK_RULES,
  ...SERVICE_RULES,
  ...SERVICE_PROXY_RULES,
  ...STORAGE_RULES,
  ...WORKLOAD_RULES,
].sort((a, b) => (a.id < b.id ? -1 : 1));
