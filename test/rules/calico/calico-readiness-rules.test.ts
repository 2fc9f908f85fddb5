/** One table for the rules that read calico-node's readiness: captured messages, and which rule each belongs to. */
import { describe, expect, test } from 'vitest';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { namespacedRef } from '../../../src/core/object-ref.ts';
import {
  calicoBirdNotRunning,
  calicoFelixNotReady,
  calicoGracefulRestart,
} from '../../../src/rules/calico/calico-readiness-rules.ts';
import { outcomeOf, said, unknown } from '../../support/evidence.ts';
import { bird, CALICO, calicoPod, install, noBird, node, nodes, pool } from './kit.ts';

const RULES = [calicoBirdNotRunning, calicoFelixNotReady, calicoGracefulRestart];
const TWO = [...nodes(node('n1'), node('n2')), install(), pool('ipip')];
const speak = (items: readonly EvidenceItem[]) =>
  RULES.filter((rule) => said(rule, CALICO, items).length > 0).map((rule) => rule.id);

describe('messages', () => {
  test.each([
    ['BIRD is not ready: graceful restart in progress', ['calico-graceful-restart']],
    ['felix is not ready: readiness probe reporting 503', ['calico-felix-not-ready']],
    ['Felix is not live: liveness probe reporting 503', ['calico-felix-not-ready']],
    [
      'felix is not ready: Get "http://localhost:9099/readiness": dial tcp 127.0.0.1:9099: connect: connection refused',
      ['calico-felix-not-ready'],
    ],
    [
      'BIRD is not ready: error querying BIRD: unable to connect to BIRDv4 socket: dial unix /var/run/bird/bird.ctl: connect: connection refused',
      ['calico-bird-not-running'],
    ],
    [
      'bird/confd is not live: service bird is not running. Output << down: /etc/service/enabled/bird: 3s >>',
      ['calico-bird-not-running'],
    ],
    ['bird/confd is not live: service confd is not running. Output << down: /etc/service/enabled/confd: 3s >>', []],
    ['BIRD is not ready: failed to stat() nodename file: stat /var/lib/calico/nodename: no such file or directory', []],
    ['BIRD is not ready: BGP not established with 192.0.2.2', []],
  ])('%s', (message, expected) => {
    expect(speak([...TWO, ...calicoPod('n1', false, [60, message])])).toEqual(expected);
  });
});

describe('silence', () => {
  const FELIX = 'felix is not ready: readiness probe reporting 503';
  test.each<[string, EvidenceItem[]]>([
    ['the Pod is ready again', [...TWO, ...calicoPod('n1', true, [60, FELIX])]],
    ['the event is old', [...TWO, ...calicoPod('n1', false, [1200, FELIX])]],
    [
      'Felix was only starting: a newer event says something else',
      [...TWO, ...calicoPod('n1', false, [30, 'BIRD is not ready: BGP not established with 192.0.2.2'], [800, FELIX])],
    ],
    [
      'the node is silent',
      [
        ...nodes(node('n1', { silent: 600 }), node('n2')),
        install(),
        pool('ipip'),
        ...calicoPod('n1', false, [60, FELIX]),
      ],
    ],
    ['BIRD runs', [...TWO, bird('n1', '192.0.2.2 Established')]],
    ['the socket is elsewhere, and nobody complains', [...TWO, noBird('n1', 'absent'), ...calicoPod('n1', true)]],
    [
      'BIRD is down where VXLAN needs none',
      [...nodes(node('n1'), node('n2')), install(), pool('vxlan'), noBird('n1', 'down')],
    ],
  ])('%s', (_, items) => {
    expect(speak(items)).toEqual([]);
  });
});

test('a socket that nobody answers is proof enough', () => {
  expect(said(calicoBirdNotRunning, CALICO, [...TWO, noBird('n1', 'down')])).toEqual(['finding found Node/n1']);
});

test.each(RULES.map((rule) => [rule.id, rule] as const))('%s notes events that could not be read', (_, rule) => {
  const [pods] = calicoPod('n1', false);
  const events = unknown('events', namespacedRef('Pod', 'kube-system', 'calico-node-n1'));
  const outcome = outcomeOf(rule, CALICO, [...TWO, ...(pods === undefined ? [] : [pods]), events]);
  expect(outcome.judgements).toEqual([]);
  expect(outcome.missing.map((item) => item.kind)).toContain('events');
});
