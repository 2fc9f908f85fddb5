/** Symptom: a NodePort does not answer through some or all of the cluster's nodes (probe P1 of facts §4.2). */
import type { Facts } from '../../core/facts.ts';
import { proof } from '../../core/facts.ts';
import type { Proof } from '../../core/finding.ts';
import { defineRule } from '../../core/rule.ts';
import { nodeOfAddress, nodesByName } from '../model/nodes.ts';
import { connects, type Entry, entries } from '../model/paths.ts';
import { serviceTarget } from '../model/target.ts';

/** Proofs shown at most: the matrix in the report has them all. */
const MAX_PROOFS = 4;

type TextId = 'found' | 'everywhere' | 'reported' | 'open' | 'closed';

export const nodePortUnreachable = defineRule({
  id: 'node-port-unreachable',
  role: 'symptom',
  severity: 'critical',
  summary: 'a NodePort that does not answer through every node',
  needs: ['services', 'endpoints', 'nodes', 'node-tcp'],
  texts: {
    found: '{port} does not answer on {failing}. It answers on {working}.',
    everywhere: '{port} does not answer on any node that was tried: {failing}.',
    outside: '{port} answers on every node that was tried. From {from} nobody here can try it.',
    reported: '{port} is reported as not reachable. No agent could try it.',
    open: 'Connect from {from} to {address}:{port}: open in {ms} ms.',
    closed: 'Connect from {from} to {address}:{port}: {result}.',
  },
  answers: (question) => question.type === 'why-not-reachable',
  judge(facts, say) {
    const { service, ref, port, servicesKnown } = serviceTarget(facts);
    if (facts.question.type !== 'why-not-reachable') return;
    if (!servicesKnown) say.undecided();
    if (service === undefined || ref === undefined) return;
    if (port?.nodePort === undefined || facts.question.target.kind === 'Component') return;
    const ways = entries(facts);
    const failing = failingEntries(ways);
    const working = ways.filter((way) => way.state === 'works');
    const label = `${port.nodePort}/${port.protocol} (${service.namespace}/${service.name})`;
    if (failing.length === 0 && working.length > 0) {
      // A ready node that nobody tried could be the one that fails.
      if (ways.some((way) => way.state === 'unknown' && way.ready)) say.undecided();
      const { from } = facts.question;
      if (from !== undefined && isOutside(facts, from)) {
        // It answers from inside; whoever asks says that it does not from where they are.
        const scope = { nodes: [], working: working.map((way) => way.node) };
        say.find({
          object: ref,
          confidence: 'likely',
          text: 'outside',
          data: { port: label, from },
          because: [],
          scope,
        });
      }
      return;
    }
    if (failing.length === 0) {
      say.undecided();
      const ready = ways.filter((way) => way.ready);
      const scope = { nodes: (ready.length > 0 ? ready : ways).map((way) => way.node), working: [] };
      say.find({ object: ref, confidence: 'likely', text: 'reported', data: { port: label }, because: [], scope });
      return;
    }
    const scope = { nodes: failing.map((way) => way.node), working: working.map((way) => way.node) };
    const data = { port: label, failing: failing.map(addressText), working: working.map(addressText) };
    const text = working.length === 0 ? 'everywhere' : 'found';
    say.find({
      object: ref,
      confidence: 'confirmed',
      text,
      data,
      because: proofs(facts, failing, working, port.nodePort),
      scope,
    });
  },
});

/** True for a place that is no node, by name or by address. */
function isOutside(facts: Facts, from: string): boolean {
  return !nodesByName(facts).has(from) && nodeOfAddress(facts, from) === undefined;
}

/**
 * The entries that make the symptom. An entry on a node that is not ready counts only where no ready one fails:
 * its own fault explains it, and it must not blur which ready nodes fail and which work.
 */
function failingEntries(ways: readonly Entry[]): Entry[] {
  const failing = ways.filter((way) => way.state === 'fails' || way.state === 'mixed');
  const ready = failing.filter((way) => way.ready);
  return ready.length > 0 ? ready : failing;
}

function addressText(entry: Entry): string {
  return `${entry.node} (${entry.address})`;
}

function proofs(facts: Facts, failing: readonly Entry[], working: readonly Entry[], port: number): Proof<TextId>[] {
  const shown = [...failing.slice(0, MAX_PROOFS), ...working.slice(0, MAX_PROOFS)];
  return shown.flatMap((entry): Proof<TextId>[] => {
    const probe =
      entry.probes.find((p) => (p.result.result === 'open') === (entry.state === 'works')) ?? entry.probes[0];
    const fact = probe === undefined ? undefined : connects(facts).get(probe.from)?.fact;
    if (probe === undefined || fact === undefined) return [];
    const data = { from: probe.from, address: entry.address, port, result: probe.result.result, ms: probe.result.ms };
    const command = `nc -vz -w 2 ${entry.address} ${port}   # on ${probe.from}`;
    return [proof(fact, probe.result.result === 'open' ? 'open' : 'closed', data, command)];
  });
}
