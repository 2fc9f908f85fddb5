/** *Propose fix*, *Show plan*, *Propose again*, *Undo*: each begins one fix, however often it is pressed. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { canBeUndone } from '../../core/approval.ts';
import { FixOffer, type FixRecord, isOpen } from '../../core/fix.ts';
import type { FixSeed } from '../../core/fix-patch.ts';
import { refText } from '../../core/object-ref.ts';
import { ruleFor } from '../../core/policy.ts';
import { linkTo } from '../links.ts';
import { type Click, checkPlace, forgedValue, recordOf } from './click.ts';
import { RefusedClick } from './refused.ts';
import { FIX_TEXTS } from './texts.ts';

const LIMIT_SECONDS = 600;
/** Between a claim and its record; longer means that whoever claimed it died. */
const CLAIM_MS = 700;
const MOST_TRIES = 4;

/** What a fix is for: an offer of a report, or a fix before it that came to nothing. */
type Source = Pick<
  FixOffer,
  'cluster' | 'diagnosis' | 'question' | 'rule' | 'object' | 'remediation' | 'params' | 'place' | 'language'
>;

/** Gives the public id of a fix, made from the request: a request that comes twice is one fix. */
export function fixId(key: string): string {
  const digest = createHash('sha256').update(`fix\n${key}`).digest();
  return `fix-${digest.readBigUInt64BE(0).toString(36).padStart(10, '0').slice(-10)}`;
}

/** Begins a proposal, or a plan to look at. */
export async function propose(click: Click, wish: 'propose' | 'show'): Promise<void> {
  const { request, deps, language } = click;
  const texts = FIX_TEXTS[language];
  const source = await sourceOf(click);
  const mode = modeOf(click, source, wish);
  const id = fixId(request.key);
  const words = [mode.mode, source.cluster, source.remediation, refText(source.object)];
  const holder = await holderOf(click, words, id);
  if (holder !== undefined) {
    const link = await linkTo(linked(holder), deps.slack);
    throw new RefusedClick('goes-on', texts.goesOn(holder.id, link));
  }
  await limit(click);
  const seed: FixSeed = { ...pick(source), id, ...mode, requestedBy: request.userId, requestedAt: now() };
  await begin(click, seed);
  await request.reply({ text: texts.planning(id, mode.mode === 'show') });
  deps.log.info({ id, user: request.userId, mode: mode.mode, remediation: source.remediation }, 'fix begun');
}

async function sourceOf(click: Click): Promise<Source> {
  const { fix, value, request, deps, language } = click;
  const texts = FIX_TEXTS[language];
  if (value.startsWith('fix-')) {
    const record = await recordOf(click);
    const anew = (record.state === 'void' || record.state === 'expired') && record.mode === 'propose';
    if (!anew) throw new RefusedClick(`already-${record.state}`, texts.already[record.state](record.id, ''));
    return record;
  }
  if (!FixOffer.shape.id.safeParse(value).success) throw forgedValue(language);
  const offer = await fix.offers.load(value);
  if (offer === undefined) throw new RefusedClick('unknown-offer', texts.noFix);
  checkPlace(offer, request, deps, texts.notHere);
  return offer;
}

/** Where nobody could approve it, the plan is shown and says so. */
function modeOf({ fix }: Click, source: Source, wish: 'propose' | 'show'): Pick<FixSeed, 'mode' | 'showWhy'> {
  if (wish === 'show') return { mode: 'show', showWhy: 'asked' };
  const policy = fix.policy?.current();
  const rule = policy === undefined ? undefined : ruleFor(policy, source);
  return rule === undefined ? { mode: 'show', showWhy: 'no-policy' } : { mode: 'propose' };
}

/** Gives the fix for the same that goes on already; undefined where this one may begin. */
async function holderOf(click: Click, words: readonly string[], id: string): Promise<FixRecord | undefined> {
  const { fix } = click;
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const holder = await fix.claims.claim(words, id);
    if (holder === id) return undefined;
    const record = await loadSoon(click, holder);
    if (record !== undefined && isOpen(record)) return record;
    if (await fix.claims.replace(words, holder, id)) return undefined;
  }
  return undefined;
}

/** Gives a fix that somebody has named: its record comes a moment later. */
async function loadSoon({ fix }: Click, id: string): Promise<FixRecord | undefined> {
  const found = await fix.fixes.load(id);
  if (found !== undefined) return found;
  await sleep(CLAIM_MS);
  return await fix.fixes.load(id);
}

async function limit({ request, deps, language }: Click): Promise<void> {
  const allowance = { size: deps.settings.perPerson, seconds: LIMIT_SECONDS };
  const limited = await deps.limits.take([{ key: `fixes:${request.userId}`, allowance }]);
  if (limited === undefined) return;
  throw new RefusedClick('too-often', FIX_TEXTS[language].tooOften(limited.waitSeconds));
}

/** Notes it in the audit log, makes the record, and nudges. The same again nudges only. */
async function begin({ fix, request, action }: Click, seed: FixSeed): Promise<void> {
  const known = await fix.fixes.load(seed.id);
  if (known !== undefined) return await fix.producer.nudge(known);
  const { id, cluster, remediation, mode, showWhy } = seed;
  const audit = await fix.audit.append({
    what: 'proposal',
    fix: id,
    cluster,
    remediation,
    by: request.userId,
    channel: request.channelId,
    action,
    allowed: true,
    code: showWhy ?? mode,
    state: 'planning',
  });
  const record = (await fix.fixes.create({ ...seed, audit })) ?? (await fix.fixes.load(id));
  if (record !== undefined) await fix.producer.nudge(record);
}

/** *Undo*: a fix of its own that takes the first one back. The first one names it, by compare-and-set. */
export async function undo(click: Click): Promise<void> {
  const { fix, request, deps, language } = click;
  const texts = FIX_TEXTS[language];
  const own = fixId(request.key);
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const first = await recordOf(click);
    if (!canBeUndone(first.state)) {
      throw new RefusedClick(`already-${first.state}`, texts.already[first.state](first.id, ''));
    }
    if ((first.plan?.plan.draft.undo.length ?? 0) === 0) throw new RefusedClick('no-undo', texts.noUndo);
    const { undoneBy } = first;
    const before = undoneBy === undefined || undoneBy === own ? undefined : await loadSoon(click, undoneBy);
    if (before !== undefined && (isOpen(before) || before.state === 'verified')) {
      const link = await linkTo(linked(before), deps.slack);
      throw new RefusedClick('undo-goes-on', texts.undoGoesOn(before.id, link));
    }
    if (undoneBy === undefined) await limit(click);
    // One that was named and never begun is begun now, under its name: whoever pressed first died in between.
    const id = undoneBy !== undefined && before === undefined ? undoneBy : own;
    const named = undoneBy === id ? first : await fix.fixes.patch(first, { undoneBy: id });
    if (named === undefined) continue;
    const seed = { ...pick(first), id, mode: 'undo' as const, undoOf: first.id };
    await begin(click, { ...seed, requestedBy: request.userId, requestedAt: now() });
    await fix.producer.nudge(named);
    await request.reply({ text: texts.undoAsked(id) });
    return;
  }
  throw new RefusedClick('contended', texts.tooFast);
}

function pick(source: Source): Source {
  const { cluster, diagnosis, question, rule, object, remediation, params, place, language } = source;
  return { cluster, diagnosis, question, rule, object, remediation, params, place, language };
}

function linked({ place }: FixRecord): Parameters<typeof linkTo>[0] {
  const ts = place.rootTs ?? place.threadTs;
  return { place: { channel: place.channel }, ...(ts === undefined ? {} : { rootTs: ts }) };
}

function now(): string {
  return new Date().toISOString();
}
