/** A click on a fix: whose it is, what it stands for, and that it is answered and audited however it ends. */
import { FixId, type FixRecord } from '../../core/fix.ts';
import { ForgedRecord } from '../../core/forged-record.ts';
import { authorize, type Decision } from '../authorize.ts';
import type { Allowed, BotDeps } from '../context.ts';
import { handle, personal } from '../handle.ts';
import type { Request } from '../request.ts';
import { TEXTS } from '../texts.ts';
import { Told } from '../told.ts';
import type { FixDeps } from './fix-deps.ts';
import { forged, RefusedClick, refusedEvent } from './refused.ts';
import { FIX_TEXTS } from './texts.ts';

/** Clicks of one person in a minute: each asks Slack who they are. */
const CLICKS = { size: 60, seconds: 60 };

/** A click by somebody who may act here. */
export interface Click extends Allowed {
  readonly action: string;
  readonly value: string;
  readonly fix: FixDeps;
}

/** Who may press at all: those who may ask questions, or any full member, of whom the policy of fixes decides further. */
export type Gate = 'asker' | 'member';

/**
 * Checks anew who presses and where, does what the button stands for, and audits what was refused.
 * Never throws: every end is told to the person.
 */
export async function handleClick(
  request: Request,
  deps: BotDeps,
  button: { readonly action: string; readonly value: string; readonly gate: Gate },
  work: (click: Click) => Promise<void>,
): Promise<void> {
  const { action, value, gate } = button;
  const click = { by: request.userId, channel: request.channelId, action, fix: value };
  const refuse = async (fix: FixDeps, refused: RefusedClick): Promise<never> => {
    deps.log.info({ user: request.userId, channel: request.channelId, action, why: refused.code }, 'click refused');
    await fix.audit.append(refusedEvent(refused, click));
    throw new Told(refused.message);
  };
  await handle(
    request,
    deps,
    async (allowed) => {
      const { fix } = deps;
      if (fix === undefined) throw new Told(FIX_TEXTS[allowed.language].off);
      try {
        await work({ ...allowed, action, value, fix });
      } catch (error) {
        if (error instanceof RefusedClick) await refuse(fix, error);
        if (error instanceof ForgedRecord) {
          deps.log.error({ id: error.id, why: error.why }, 'forged record behind a button');
          await refuse(fix, forged(allowed.language));
        }
        throw error;
      }
    },
    async () => {
      const { fix } = deps;
      const language = personal(request, deps);
      if (fix === undefined) throw new Told(FIX_TEXTS[language].off);
      const limited = await deps.limits.take([{ key: `clicks:${request.userId}`, allowance: CLICKS }]);
      if (limited !== undefined) {
        return await refuse(fix, new RefusedClick('too-often', FIX_TEXTS[language].tooOften(limited.waitSeconds)));
      }
      const policy = gate === 'member' ? { ...deps.policy, people: 'members' as const } : deps.policy;
      const decision = await authorize(request, deps.directory.fresh, policy);
      if ('place' in decision) return decision;
      return await refuse(fix, new RefusedClick(codeOf(decision.refusal), sentenceOf(decision.refusal, request, deps)));
    },
  );
}

type Refusal = Exclude<Decision, { place: string }>['refusal'];

/** `notMember` → `not-member`. */
function codeOf(refusal: Refusal): string {
  return refusal.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function sentenceOf(refusal: Refusal, request: Request, deps: BotDeps): string {
  const language = personal(request, deps);
  const texts = FIX_TEXTS[language];
  if (refusal === 'notMember' || refusal === 'cannotCheck' || refusal === 'externalChannel') return texts[refusal];
  return refusal === 'notInChannel' ? TEXTS[language].notInChannel(`<@${deps.botUserId}>`) : TEXTS[language][refusal];
}

/**
 * Gives the record that a button stands for, where it belongs to this bot and this channel.
 * @throws RefusedClick, ForgedRecord.
 */
export async function recordOf({ fix, value, request, deps, language }: Click): Promise<FixRecord> {
  const texts = FIX_TEXTS[language];
  if (!FixId.safeParse(value).success) throw forgedValue(language);
  const record = await fix.fixes.load(value);
  if (record === undefined) throw new RefusedClick('unknown-fix', texts.noFix);
  checkPlace(record, request, deps, texts.notHere);
  return record;
}

/** @throws RefusedClick where a button stands in another channel, or for another cluster, than it was made for. */
export function checkPlace(
  { place, cluster }: Pick<FixRecord, 'place' | 'cluster'>,
  request: Request,
  deps: BotDeps,
  text: string,
): void {
  // An answer in a direct message was asked for by the person's id; Slack names the channel of the click.
  const here =
    place.channel === request.channelId || (/^[UW]/.test(place.channel) && request.channelId.startsWith('D'));
  if (!here || !deps.settings.clusters.includes(cluster)) throw new RefusedClick('foreign-value', text, 'attack');
}

/** A value that no button of ours has. */
export function forgedValue(language: keyof typeof FIX_TEXTS): RefusedClick {
  return new RefusedClick('forged-value', FIX_TEXTS[language].forged, 'attack');
}
