/** A workspace with a real bot whose fixes are on, and a worker and a remediator that the test plays with their own keys. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeyFiles, loadKeys } from '../../src/adapters/keys/keys.ts';
import { readAudit } from '../../src/adapters/store/audit.ts';
import { createFixes, createOffers } from '../../src/adapters/store/fixes.ts';
import type { SignedAuditEntry } from '../../src/core/audit.ts';
import { digestOf } from '../../src/core/canonical-json.ts';
import type { FixOffer, FixRecord, Plan } from '../../src/core/fix.ts';
import type { FixSeed } from '../../src/core/fix-patch.ts';
import { type Keys, ROLES, type Role, signValue } from '../../src/core/signing.ts';
import { renderFix } from '../../src/report/index.ts';
import type { SlackOptions } from '../../src/sandbox/slack/workspace-types.ts';
import { planOf, seedOf } from './fixes.ts';
import { type Stage, startStage } from './stage.ts';

export interface FixStage extends Stage {
  readonly keys: Readonly<Record<Role, Keys>>;
  readonly fixes: Readonly<Record<Role, ReturnType<typeof createFixes>>>;
  /** Writes the policy file; text as it is. */
  setPolicy(text: string): Promise<void>;
  /** Saves an offer and posts a report with its buttons. Gives the ts of the message. */
  offer(channel: string, change?: Partial<FixOffer>): Promise<{ readonly offer: FixOffer; readonly ts: string }>;
  /** Makes a fix that waits for approval, with its card. */
  proposed(channel: string, requestedBy: string, change?: ProposedChange): Promise<{ record: FixRecord; ts: string }>;
  /** Posts blocks as the bot. Gives the ts. */
  post(channel: string, blocks: readonly object[]): Promise<string>;
  record(id: string): Promise<FixRecord>;
  /** Entries of the audit log, oldest first. */
  audited(): Promise<SignedAuditEntry['entry']['event'][]>;
}

export interface ProposedChange {
  readonly seed?: Partial<FixSeed>;
  readonly plan?: Partial<Plan>;
  /** Who signs the plan in place of the remediator. */
  readonly signer?: Role;
}

let counter = 0;

/** Starts it; `close` ends everything. `http`: requests in place of a socket, whose client takes a clock that jumps for silence. */
export async function startFixStage(slack: SlackOptions = {}, http = false): Promise<FixStage> {
  const folder = await mkdtemp(join(tmpdir(), 'kubewhy-fix-'));
  const files = await createKeyFiles(join(folder, 'keys'));
  const policyFile = join(folder, 'policy.yaml');
  await writeFile(policyFile, 'version: 1\nrules: []\n');
  const keys = Object.fromEntries(
    ROLES.map((role) => [role, loadKeys({ role, keyFile: files[role], trustFile: files.trust })]),
  ) as Record<Role, Keys>;
  const stage = await startStage({
    worker: false,
    http,
    // The tests press faster than people do.
    slack: { rateLimits: false, ...slack },
    env: { KUBEWHY_BOT_KEY: files.bot, KUBEWHY_TRUST: files.trust, KUBEWHY_POLICY: policyFile },
  });
  const redis = stage.redis.connect();
  const keep = 3600;
  const fixes = Object.fromEntries(
    ROLES.map((role) => [role, createFixes(redis, { keys: keys[role], keepSeconds: keep }, stage.log)]),
  ) as FixStage['fixes'];
  const offers = createOffers(redis, { keys: keys.worker, keepSeconds: keep }, stage.log);
  const post = async (channel: string, blocks: readonly object[]): Promise<string> => {
    const response = await fetch(`${stage.slack.apiUrl}chat.postMessage`, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8', authorization: `Bearer ${stage.slack.botToken}` },
      body: JSON.stringify({ channel, text: 'a fix', blocks }),
    });
    const answer = (await response.json()) as { ok: boolean; ts?: string; error?: string };
    if (!answer.ok || answer.ts === undefined) throw new Error(`post: ${answer.error}`);
    return answer.ts;
  };
  const record = async (id: string): Promise<FixRecord> => {
    const found = await fixes.worker.load(id);
    if (found === undefined) throw new Error(`no ${id}`);
    return found;
  };
  return {
    ...stage,
    keys,
    fixes,
    post,
    record,
    setPolicy: (text) => writeFile(policyFile, text),
    async offer(channel, change = {}) {
      counter += 1;
      const { cluster, diagnosis, question, rule, object, remediation, params, language } = seedOf();
      const about = { cluster, diagnosis, question, rule, object, remediation, params, language };
      const place = { channel, threadTs: '1700000000.000100' };
      const id = `of-${String(counter).padStart(10, '0')}`;
      const offer: FixOffer = { version: 1, id, ...about, place, ...change };
      await offers.save(offer);
      const elements = ['fix_propose', 'fix_plan'].map((action_id) => button(action_id, offer.id));
      return { offer, ts: await post(channel, [{ type: 'actions', elements }]) };
    },
    async proposed(channel, requestedBy, { seed, plan: change, signer = 'remediator' } = {}) {
      counter += 1;
      const id = `fix-${String(counter).padStart(8, '0')}`;
      const root = await post(channel, [{ type: 'section', text: { type: 'mrkdwn', text: 'a report' } }]);
      const place = { channel, rootTs: root };
      const begun = await fixes.bot.create(seedOf(id, { requestedBy, place, ...seed }));
      const createdAt = new Date(Date.now() - 1000).toISOString();
      const expiresAt = new Date(Date.now() + 900_000).toISOString();
      const plan = planOf({ fix: id, createdAt, expiresAt, ...change });
      const drafted = await fixes.worker.change(must(begun), 'draft', { draft: plan.draft });
      const signature = signValue(keys[signer], 'plan', plan);
      const sealed = { plan, hash: digestOf(plan), signature };
      const made = must(await fixes.remediator.change(must(drafted), 'propose', { plan: sealed }));
      const { card } = renderFix(made, { language: 'en' });
      return { record: made, ts: await post(channel, card.blocks) };
    },
    async audited() {
      const entries = await readAudit(redis, keys.bot, stage.log).read({ limit: 1000 });
      return entries.map(({ entry }) => entry.event);
    },
    async close() {
      redis.disconnect();
      await stage.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** A button as a message holds it. */
export function button(action_id: string, value: string): object {
  return { type: 'button', action_id, text: { type: 'plain_text', text: action_id }, value };
}

function must(record: FixRecord | undefined): FixRecord {
  if (record === undefined) throw new Error('somebody else was first');
  return record;
}
