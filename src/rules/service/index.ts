/** The rules of Services, their endpoints and the application behind them, sorted by id. */
import type { Rule } from '../../core/rule.ts';
import { appListensOnLoopback } from './app-listens-on-loopback.ts';
import { appNotListening } from './app-not-listening.ts';
import { endpointOnDeadNode } from './endpoint-on-dead-node.ts';
import { externalTrafficPolicyLocal } from './external-traffic-policy-local.ts';
import { nodePortOnLocalhost } from './node-port-on-localhost.ts';
import { nodePortUnknown } from './node-port-unknown.ts';
import { nodePortUnreachable } from './node-port-unreachable.ts';
import { serviceNoReadyEndpoints } from './service-no-ready-endpoints.ts';
import { servicePortUnknown } from './service-port-unknown.ts';
import { serviceProtocolMismatch } from './service-protocol-mismatch.ts';
import { serviceSelectorMismatch } from './service-selector-mismatch.ts';
import { serviceSelectorless } from './service-selectorless.ts';
import { serviceTargetPortNameMissing } from './service-target-port-name-missing.ts';
import { serviceTargetPortWrong } from './service-target-port-wrong.ts';
import { serviceUnreachable } from './service-unreachable.ts';

export const SERVICE_RULES: readonly Rule[] = [
  appListensOnLoopback,
  appNotListening,
  endpointOnDeadNode,
  externalTrafficPolicyLocal,
  nodePortOnLocalhost,
  nodePortUnknown,
  nodePortUnreachable,
  serviceNoReadyEndpoints,
  servicePortUnknown,
  serviceProtocolMismatch,
  serviceSelectorMismatch,
  serviceSelectorless,
  serviceTargetPortNameMissing,
  serviceTargetPortWrong,
  serviceUnreachable,
];
