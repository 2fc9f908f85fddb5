/** `kubewhy agent --once`: the facts of this machine as one JSON value, through the same probes as the server's. */
import type { ProbeAnswer } from '../core/agent-api.ts';
import { PROBE_PARAMS } from '../core/agent-api.ts';
import { NODE_KINDS, type NodeKind } from '../core/evidence/kinds.ts';
import { answerAsk } from './ask.ts';
import type { Host } from './host.ts';

const DEADLINE_MS = 20_000;
/** What a look without a question asks of the kinds that take parameters; those of them that are not here need a target. */
const DEFAULTS: Readonly<Partial<Record<NodeKind, Record<string, unknown>>>> = {
  'node-bird': {},
  'node-journal': { unit: 'kubelet.service', lines: 50 },
  'node-routes': {},
};

export interface OnceOutput {
  readonly node: string;
  readonly facts: readonly ProbeAnswer[];
}

/** Gives the facts of the kinds; all that need no target where none are named. Makes no connections. */
export async function readOnce(
  host: Host,
  node: string,
  agentVersion: string,
  kinds: readonly NodeKind[],
): Promise<OnceOutput> {
  const wanted = kinds.length > 0 ? kinds : NODE_KINDS.filter((kind) => !(kind in PROBE_PARAMS) || kind in DEFAULTS);
  const requests = wanted.map((kind) => ({ kind, params: DEFAULTS[kind] ?? {} }));
  const asked = { host, node, agentVersion, bucket: { take: () => false } };
  const answer = await answerAsk(asked, { version: 1, deadlineMs: DEADLINE_MS, networks: [], requests });
  return { node, facts: answer.answers };
}
