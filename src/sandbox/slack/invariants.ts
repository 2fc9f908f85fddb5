/** What must hold at the end of a test: no refused calls, no floods, no secrets, no shouting, every command answered in time. */
import { objects } from './args.ts';
import type { LedgerEntry } from './ledger.ts';
import type { StoredMessage } from './types.ts';
import type { World } from './world.ts';

/** Slow for a command or click, though Slack waits three times as long. */
const SLOW_ACK_MS = 1000;
const WINDOW_MS = 60_000;

const SECRETS: readonly [string, RegExp][] = [
  ['a Slack token', /\bx(?:ox[abpser]|app)-[\w-]{8,}/],
  ['a private key', /-----BEGIN [A-Z ]*PRIVATE KEY-----/],
  ['an AWS access key', /\bAKIA[0-9A-Z]{16}\b/],
  ['a JSON web token', /\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{5,}/],
  ['a bearer token', /\bBearer\s+(?!\*)[\w.~+/-]{16,}/i],
];

const SHOUT = /<!(?:channel|here|everyone)(?:\|[^>]*)?>|"type":"broadcast"/;

const SAYINGS: Partial<Record<LedgerEntry['kind'], (e: LedgerEntry) => string | undefined>> = {
  response: (e) => (e.ok === false ? `answered ${e.status ?? ''} ${e.error ?? ''}`.replace('  ', ' ') : undefined),
  'response-url': (e) => (e.ok === false ? `response_url answered ${e.error ?? ''}` : undefined),
  'visible-error': (e) => `a person saw ${e.error ?? 'an error'}`,
  ack: (e) => ((e.ackMs ?? 0) > SLOW_ACK_MS ? `acknowledged only after ${e.ackMs} ms` : undefined),
  warning: (e) => String(e.detail),
};

function fromLedger(entry: LedgerEntry, expected: readonly string[]): string | undefined {
  if (entry.injected || (entry.error !== undefined && expected.includes(entry.error))) return undefined;
  if (entry.kind === 'warning' && expected.includes(entry.name)) return undefined;
  const said = SAYINGS[entry.kind]?.(entry);
  if (said === undefined) return undefined;
  return `${entry.name}${entry.channel === undefined ? '' : ` in ${entry.channel}`}: ${said}`;
}

function floods(messages: readonly StoredMessage[], channel: string): string | undefined {
  const times = messages.filter((m) => m.own).map((m) => m.at);
  let first = 0;
  for (const [last, at] of times.entries()) {
    while ((times[first] ?? at) <= at - WINDOW_MS) first += 1;
    const within = last - first + 1;
    if (within > WINDOW_MS / 1000) return `${within} messages in ${channel} within a minute: more than one a second`;
  }
  return undefined;
}

/** Every violation, one sentence each; empty when all is well. `expected` are error codes and warnings a test provoked. */
export function findViolations(world: World, expected: readonly string[]): string[] {
  const out: string[] = [];
  for (const entry of world.ledger.entries) {
    const said = fromLedger(entry, expected);
    if (said !== undefined) out.push(said);
  }
  const said = new Map<string, string>();
  for (const [channelId, messages] of world.state.messages) {
    const flood = floods(messages, channelId);
    if (flood !== undefined) out.push(flood);
    for (const m of messages.filter((m) => m.own))
      said.set(`message ${m.ts}`, JSON.stringify([m.frames, m.metadata, m.attachments]));
  }
  for (const e of world.state.ephemerals) said.set(`ephemeral ${e.ts}`, JSON.stringify(e.frames));
  for (const f of world.state.files.values()) said.set(`file ${f.name}`, f.content?.toString('utf8') ?? '');
  for (const v of world.state.views.values())
    said.set(`view ${v.id}`, JSON.stringify([v.view['private_metadata'], objects(v.view['blocks'])]));
  for (const [where, text] of said) {
    for (const [what, pattern] of SECRETS) if (pattern.test(text)) out.push(`${where} holds ${what}`);
    // What stands in a file notifies nobody: a node's routes have a type "broadcast" too.
    if (!where.startsWith('file ') && SHOUT.test(text)) out.push(`${where} notifies a whole channel`);
  }
  return out;
}
