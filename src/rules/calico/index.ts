/** The rules of Calico, sorted by id. */
import type { Rule } from '../../core/rule.ts';
import { calicoAutodetectionFailed } from './calico-autodetection-failed.ts';
import { calicoAutodetectionIgnored } from './calico-autodetection-ignored.ts';
import { calicoBgpNoPeers } from './calico-bgp-no-peers.ts';
import { calicoBgpNotEstablished } from './calico-bgp-not-established.ts';
import { calicoBgpPortBlocked } from './calico-bgp-port-blocked.ts';
import { calicoDatastoreSlow } from './calico-datastore-slow.ts';
import { calicoNodeIpConflict } from './calico-node-ip-conflict.ts';
import { calicoNodeIpMismatch } from './calico-node-ip-mismatch.ts';
import { calicoNodeNotReady } from './calico-node-not-ready.ts';
import { calicoOperatorRevertsEdit } from './calico-operator-reverts-edit.ts';
import { calicoBirdNotRunning, calicoFelixNotReady, calicoGracefulRestart } from './calico-readiness-rules.ts';

export const CALICO_RULES: readonly Rule[] = [
  calicoAutodetectionFailed,
  calicoAutodetectionIgnored,
  calicoBgpNoPeers,
  calicoBgpNotEstablished,
  calicoBgpPortBlocked,
  calicoBirdNotRunning,
  calicoDatastoreSlow,
  calicoFelixNotReady,
  calicoGracefulRestart,
  calicoNodeIpConflict,
  calicoNodeIpMismatch,
  calicoNodeNotReady,
  calicoOperatorRevertsEdit,
];
