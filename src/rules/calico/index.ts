/** The rules of Calico, sorted by id. */
import type { Rule } from '../../core/rule.ts';
import { calicoBgpNotEstablished } from './calico-bgp-not-established.ts';
import { calicoNodeIpMismatch } from './calico-node-ip-mismatch.ts';
import { calicoNodeNotReady } from './calico-node-not-ready.ts';

export const CALICO_RULES: readonly Rule[] = [calicoBgpNotEstablished, calicoNodeIpMismatch, calicoNodeNotReady];
