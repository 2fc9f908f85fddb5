/** What people do with fixes in a living incident, and what they, the records and the audit log say afterwards. */
import { spawn } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { loadKeys } from '../../src/adapters/keys/keys.ts';
import { createLog } from '../../src/adapters/log.ts';
import { readAudit } from '../../src/adapters/store/audit.ts';
import { createFixes, type Fixes } from '../../src/adapters/store/fixes.ts';
import { connectRedis } from '../../src/adapters/store/redis.ts';
import type { FixState } from '../../src/core/approval.ts';
import type { SignedAuditEntry } from '../../src/core/audit.ts';
import type { FixRecord } from '../../src/core/fix.ts';
import { type Keys, ROLES, type Role } from '../../src/core/signing.ts';
import { blockLines } from '../../src/sandbox/demo/block-text.ts';
import type { SceneResult } from '../../src/sandbox/demo/scene.ts';
import type { RunningProcess } from '../../src/sandbox/processes.ts';
import type { SlackPerson, StoredMessage } from '../../src/sandbox/slack/types.ts';
import type { FixIncident } from './fix-incident.ts';

const EXECUTABLE = resolve(import.meta.dirname, '../../dist/main.js');
const PATIENCE_MS = 90_000;

/** A fix as its thread shows it. */
export interface Shown {
  readonly id: string;
  /** Of its card. */
  readonly ts: string;
  readonly rootTs: string;
}

export interface FixPeople {
  readonly keys: Readonly<Record<Role, Keys>>;
  /** The store with the key of one role, as an attacker who holds none cannot have it. */
  readonly fixes: Readonly<Record<Role, Fixes>>;
  readonly redis: ReturnType<typeof connectRedis>;
  /** Presses a button of a message by the beginning of its action. Throws where the message has none. */
  press(who: SlackPerson, ts: string, action: string): Promise<void>;
  /** Waits until one person was told something in private. */
  told(who: SlackPerson, pattern: RegExp): Promise<string>;
  /** Presses *Propose fix* (or *Show plan*) of a report and waits for the card of the new fix. */
  begin(
    scene: SceneResult,
    remediation: string,
    options?: { readonly by?: SlackPerson; readonly action?: string },
  ): Promise<Shown>;
  /** Presses a button that begins another fix in the same thread, and waits for that one's card. */
  beginFrom(who: SlackPerson, shown: Shown, action: 'fix_undo' | 'fix_propose'): Promise<Shown>;
  card(shown: Shown): StoredMessage;
  /** The card as people read it. */
  text(shown: Shown): string;
  /** Buttons of the card, by their actions. */
  buttons(shown: Shown): string[];
  /** Waits until the card says something; gives all of it. */
  says(shown: Shown, pattern: RegExp): Promise<string>;
  record(shown: Pick<Shown, 'id'>): Promise<FixRecord>;
  /** Waits for a state, of the record and of the card. */
  reaches(shown: Shown, state: FixState): Promise<FixRecord>;
  /** Proposes and waits for the card with *Approve*. */
  proposed(scene: SceneResult, remediation: string, by?: SlackPerson): Promise<Shown>;
  /** Waits for a message of the fix below its card whose text fits. */
  follows(shown: Shown, pattern: RegExp): Promise<StoredMessage>;
  /** Entries of the audit log, oldest first. */
  audited(fix?: string): Promise<SignedAuditEntry['entry']['event'][]>;
  /** Runs `kubewhy audit …`. */
  audit(...args: readonly string[]): Promise<{ readonly code: number | null; readonly out: string }>;
  /** Writes of one identity that reached the API server, without dry runs. */
  writes(user: string): string[];
  close(): void;
}

const WORDS: Readonly<Record<FixState, string>> = {
  planning: 'Planning a fix',
  drafted: 'Dry run',
  shown: 'Plan',
  refused: 'No fix is proposed',
  proposed: 'Waiting for approval',
  approved: 'Approved',
  denied: 'Denied',
  expired: 'Expired',
  withdrawn: 'Withdrawn',
  void: 'Void',
  applying: 'Applying',
  verifying: 'Verifying',
  verified: 'Verified',
  'not-verified': 'Not verified',
  failed: 'Failed',
  unknown: 'Outcome unknown',
  undone: 'Undone',
};

/** Opens everything that a test needs beside the incident; `close` ends it. */
export function fixPeople({ platform, channel, people }: FixIncident): FixPeople {
  const { slack } = platform;
  const folder = dirname(platform.env['KUBEWHY_BOT_KEY'] ?? '');
  const trustFile = platform.env['KUBEWHY_TRUST'] ?? '';
  const keys = Object.fromEntries(
    ROLES.map((role) => [role, loadKeys({ role, keyFile: join(folder, `${role}.key`), trustFile })]),
  ) as Record<Role, Keys>;
  const log = createLog('test', 'error', { write: () => undefined });
  const redis = connectRedis(platform.redisUrl, 'patient', log);
  const fixes = Object.fromEntries(
    ROLES.map((role) => [role, createFixes(redis, { keys: keys[role], keepSeconds: 3600 }, log)]),
  ) as Record<Role, Fixes>;

  const message = (ts: string): StoredMessage | undefined => {
    const roots = slack.messages(channel);
    return [...roots, ...roots.flatMap((root) => slack.thread(channel, root.ts))].find((one) => one.ts === ts);
  };
  const press = async (who: SlackPerson, ts: string, action: string): Promise<void> => {
    const found = actionsOf(message(ts)).find((one) => one === action || one.startsWith(`${action}:`));
    if (found === undefined) throw new Error(`no ${action} among ${actionsOf(message(ts)).join(', ')}`);
    const outcome = await slack.asUser(who.id).click(channel, ts, found);
    if (outcome.visibleError !== undefined) throw new Error(`${action}: Slack shows ${outcome.visibleError}`);
  };
  const told = async (who: SlackPerson, pattern: RegExp): Promise<string> => {
    try {
      return await slack.waitFor((w) => w.ephemerals(who.id).find(({ text }) => pattern.test(text))?.text, PATIENCE_MS);
    } catch {
      const all = slack.ephemerals(who.id).map(({ text }) => text);
      throw new Error(`${who.name} was never told ${String(pattern)}, but:\n${all.join('\n')}`);
    }
  };
  /** The card of a fix that was not in the thread before. */
  const newCard = async (rootTs: string, known: ReadonlySet<string>): Promise<Shown> => {
    const first = await slack.waitFor(
      (w) => w.thread(channel, rootTs).find((one) => !known.has(fixOf(one) ?? '') && fixOf(one) !== undefined),
      PATIENCE_MS,
    );
    return { id: fixOf(first) ?? '', ts: first.ts, rootTs };
  };
  const known = (rootTs: string): Set<string> =>
    new Set(slack.thread(channel, rootTs).flatMap((one) => fixOf(one) ?? []));
  const card = ({ ts }: Shown): StoredMessage => {
    const found = message(ts);
    if (found === undefined) throw new Error(`no card ${ts}`);
    return found;
  };
  const text = (shown: Shown): string => blockLines(card(shown), (id) => id).join('\n');
  const says = async (shown: Shown, pattern: RegExp): Promise<string> => {
    try {
      return await slack.waitFor(() => (pattern.test(text(shown)) ? text(shown) : undefined), PATIENCE_MS);
    } catch {
      throw new Error(`the card of ${shown.id} never said ${String(pattern)}, but:\n${text(shown)}`);
    }
  };
  const record = async ({ id }: Pick<Shown, 'id'>): Promise<FixRecord> => {
    const found = await fixes.worker.load(id);
    if (found === undefined) throw new Error(`no record of ${id}`);
    return found;
  };
  const begin: FixPeople['begin'] = async (scene, remediation, { by = people.wsg, action = 'fix_propose' } = {}) => {
    const rootTs = scene.root.ts;
    const before = known(rootTs);
    for (const one of slack.thread(channel, rootTs)) {
      const button = buttonsOf(one).find(
        ({ action_id: id = '', accessibility_label: label = '' }) =>
          id.startsWith(action) && label.includes(remediation),
      );
      if (button?.action_id === undefined) continue;
      await press(by, one.ts, button.action_id);
      return await newCard(rootTs, before);
    }
    throw new Error(`the report offers no ${action} of ${remediation}`);
  };
  const reaches: FixPeople['reaches'] = async (shown, state) => {
    await says(shown, new RegExp(`^\\S+ ${WORDS[state]} · `));
    return await record(shown);
  };

  return {
    keys,
    fixes,
    redis,
    press,
    told,
    begin,
    async beginFrom(who, shown, action) {
      const before = known(shown.rootTs);
      await press(who, shown.ts, action);
      return await newCard(shown.rootTs, before);
    },
    card,
    text,
    buttons: (shown) => actionsOf(card(shown)),
    says,
    record,
    reaches,
    async proposed(scene, remediation, by) {
      const shown = await begin(scene, remediation, by === undefined ? {} : { by });
      await reaches(shown, 'proposed');
      return shown;
    },
    follows: ({ id, ts, rootTs }, pattern) =>
      slack.waitFor(
        (w) => w.thread(channel, rootTs).find((one) => fixOf(one) === id && one.ts !== ts && pattern.test(one.text)),
        PATIENCE_MS,
      ),
    async audited(fix) {
      const entries = await readAudit(redis, keys.bot, log).read({
        limit: 1000,
        ...(fix === undefined ? {} : { fix }),
      });
      return entries.map(({ entry }) => entry.event);
    },
    audit: (...args) => run(['audit', ...args], { REDIS_URL: platform.redisUrl, KUBEWHY_TRUST: trustFile }),
    writes: (user) =>
      platform.cluster.api.requests
        .filter(
          (one) => one.user === user && !one.dryRun && !READS.has(one.verb) && !one.resource.startsWith('selfsubject'),
        )
        .map(({ verb, resource, name }) => `${verb} ${resource}/${name}`),
    close: () => redis.disconnect(),
  };
}

/** Holds a process still meanwhile, as one that a machine has no time for. */
export async function paused<T>(process: RunningProcess | undefined, work: () => Promise<T>): Promise<T> {
  if (process === undefined) throw new Error('fixes are off: there is no such process');
  process.kill('SIGSTOP');
  try {
    return await work();
  } finally {
    process.kill('SIGCONT');
  }
}

const READS = new Set(['get', 'list', 'watch']);

interface Button {
  readonly action_id?: string;
  readonly accessibility_label?: string;
}

function buttonsOf(message: StoredMessage | undefined): Button[] {
  return ((message?.blocks ?? []) as { type?: string; elements?: Button[] }[])
    .filter(({ type }) => type === 'actions')
    .flatMap(({ elements }) => elements ?? []);
}

function actionsOf(message: StoredMessage | undefined): string[] {
  return buttonsOf(message).flatMap(({ action_id: id }) => id ?? []);
}

function fixOf(message: StoredMessage): string | undefined {
  const payload = (message.metadata as { event_payload?: { id?: unknown } } | undefined)?.event_payload;
  return typeof payload?.id === 'string' && payload.id.startsWith('fix-') ? payload.id : undefined;
}

async function run(
  args: readonly string[],
  env: Record<string, string>,
): Promise<{ code: number | null; out: string }> {
  const child = spawn(process.execPath, [EXECUTABLE, ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk;
  });
  const code = await new Promise<number | null>((done) => child.once('close', done));
  return { code, out };
}
