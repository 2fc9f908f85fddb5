/** One repair: somebody proposes a fix from a report's thread, others decide on its card, and it is followed to its end. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Platform } from '../platform.ts';
import type { StoredMessage } from '../slack/types.ts';
import type { SlackWorkspace } from '../slack/workspace-types.ts';

const EXECUTABLE = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));
const PLAN_TIMEOUT_MS = 60_000;
const FIX_TIMEOUT_MS = 180_000;

export interface FixRequest {
  readonly channel: string;
  /** The report's root message, under which its Fix card stands. */
  readonly rootTs: string;
  readonly remediation: string;
  readonly requester: string;
  /** They press *Approve* in this order; all but the last are expected to be refused. */
  readonly approvers: readonly string[];
}

/** How a repair went. */
export interface FixResult {
  readonly remediation: string;
  readonly state: string;
  readonly refusedClicks: number;
  /** What the refused were told, in private. */
  readonly refusals: readonly { readonly user: string; readonly text: string }[];
  readonly approvedBy: string | undefined;
  /** From the press of *Propose fix* to Slack's acknowledgement. */
  readonly ackMs: number;
  /** The card as it stood when people decided, and as it stands now. */
  readonly proposal: StoredMessage | undefined;
  readonly card: StoredMessage;
  /** What followed the card in the thread. */
  readonly messages: readonly StoredMessage[];
  readonly root: StoredMessage;
  readonly seconds: number;
}

/** Proposes, has it decided on, and waits for the end that the audit log tells. */
export async function playFix(platform: Platform, request: FixRequest): Promise<FixResult> {
  const { slack } = platform;
  const { channel, rootTs, remediation } = request;
  const started = Date.now();
  const before = new Set(slack.thread(channel, rootTs).map((message) => message.ts));
  const offer = findOffer(slack, request);
  const ackMs = await pressed(slack, request.requester, channel, offer.ts, offer.action);
  const first = await slack.waitFor(
    (w) => w.thread(channel, rootTs).find((message) => !before.has(message.ts) && fixOf(message) !== undefined),
    PLAN_TIMEOUT_MS,
  );
  const fix = fixOf(first) ?? '';
  const card = (): StoredMessage => slack.thread(channel, rootTs).find((message) => message.ts === first.ts) ?? first;
  const planned = await slack.waitFor(
    () => (buttonIn(card(), 'fix_approve') ? card() : ended(card())),
    PLAN_TIMEOUT_MS,
  );
  const proposal = buttonIn(planned, 'fix_approve') ? structuredClone(planned) : undefined;
  const told: { user: string; text: string }[] = [];
  if (proposal !== undefined) {
    for (const user of request.approvers) told.push({ user, text: await pressApprove(slack, user, channel, card()) });
    // The card is edited silently; the result is a message of its own, and comes last.
    await slack.waitFor((w) => {
      const told = w.thread(channel, rootTs).some((message) => keyOf(message)?.startsWith(`${fix}-result`) === true);
      return told && ended(card());
    }, FIX_TIMEOUT_MS);
  }
  const { state, refused, approvedBy } = await endOf(platform, fix);
  const later = slack.thread(channel, rootTs).filter((message) => !before.has(message.ts) && message.ts !== first.ts);
  const root = slack.messages(channel).find((message) => message.ts === rootTs) ?? first;
  return {
    remediation,
    state,
    refusedClicks: refused.length,
    refusals: told.filter(({ user }) => refused.includes(user)),
    approvedBy,
    ackMs,
    proposal,
    card: card(),
    messages: later.filter((message) => fixOf(message) === fix),
    root,
    seconds: (Date.now() - started) / 1000,
  };
}

interface SlackButton {
  readonly type?: string;
  readonly action_id?: string;
  readonly accessibility_label?: string;
}

function buttonsOf(message: StoredMessage): SlackButton[] {
  return (message.blocks as { type?: string; elements?: SlackButton[] }[])
    .filter((block) => block.type === 'actions')
    .flatMap((block) => block.elements ?? []);
}

function buttonIn(message: StoredMessage, action: string): boolean {
  return buttonsOf(message).some((button) => button.action_id?.split(':')[0] === action);
}

/** The *Propose fix* of a remediation in the report's thread. */
function findOffer(
  slack: SlackWorkspace,
  { channel, rootTs, remediation }: FixRequest,
): { ts: string; action: string } {
  for (const message of slack.thread(channel, rootTs)) {
    const found = buttonsOf(message).find(
      (button) => button.action_id?.startsWith('fix_propose') && button.accessibility_label?.includes(remediation),
    );
    if (found?.action_id !== undefined) return { ts: message.ts, action: found.action_id };
  }
  throw new Error(`The report offers no button for ${remediation}.`);
}

async function pressed(
  slack: SlackWorkspace,
  user: string,
  channel: string,
  ts: string,
  action: string,
): Promise<number> {
  const started = performance.now();
  const outcome = await slack.asUser(user).click(channel, ts, action);
  if (outcome.visibleError !== undefined) throw new Error(`${action}: Slack shows ${outcome.visibleError}`);
  return performance.now() - started;
}

/** Presses *Approve*. Gives what the person was told in private, whether they may or not. */
async function pressApprove(
  slack: SlackWorkspace,
  user: string,
  channel: string,
  card: StoredMessage,
): Promise<string> {
  const known = new Set(slack.ephemerals(user).map((told) => told.ts));
  await pressed(slack, user, channel, card.ts, 'fix_approve');
  const told = await slack.waitFor((w) => w.ephemerals(user).find(({ ts }) => !known.has(ts)), PLAN_TIMEOUT_MS);
  return told.text;
}

function payloadOf(message: StoredMessage): { id?: unknown; key?: unknown } {
  return (message.metadata as { event_payload?: { id?: unknown; key?: unknown } } | undefined)?.event_payload ?? {};
}

/** The fix that a message is about, by its metadata. */
function fixOf(message: StoredMessage): string | undefined {
  const { id } = payloadOf(message);
  return typeof id === 'string' && id.startsWith('fix-') ? id : undefined;
}

function keyOf(message: StoredMessage): string | undefined {
  const { key } = payloadOf(message);
  return typeof key === 'string' ? key : undefined;
}

/** The card, where its colour is none of those that say "it goes on": blue and yellow. */
function ended(card: StoredMessage): StoredMessage | undefined {
  const [head] = card.blocks as { text?: { text?: string } }[];
  return /^:large_(blue|yellow)_square:/.test(head?.text?.text ?? ':large_blue_square:') ? undefined : card;
}

const Event = z.looseObject({
  what: z.string(),
  by: z.string(),
  action: z.string().optional(),
  allowed: z.boolean().optional(),
  state: z.string().optional(),
});
const Audit = z.object({ entries: z.array(z.object({ entry: z.object({ event: Event }) })) });

/** How a fix ended and who was refused, as `kubewhy audit` tells it: what anybody can look up. */
async function endOf(
  platform: Platform,
  fix: string,
): Promise<{ state: string; refused: string[]; approvedBy: string | undefined }> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    REDIS_URL: platform.redisUrl,
    KUBEWHY_TRUST: platform.env['KUBEWHY_TRUST'] ?? '',
  };
  const child = spawn(process.execPath, [EXECUTABLE, 'audit', fix, '--output', 'json'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk;
  });
  await new Promise((resolve) => child.once('close', resolve));
  const events = Audit.parse(JSON.parse(out)).entries.map(({ entry }) => entry.event);
  const clicks = events.filter((event) => event.what === 'click');
  return {
    state: events.flatMap((event) => event.state ?? []).at(-1) ?? 'none',
    refused: clicks.filter((event) => event.allowed === false).map((event) => event.by),
    approvedBy: clicks.find((event) => event.allowed === true && event.action?.includes('approve'))?.by,
  };
}
