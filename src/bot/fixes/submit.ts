/** The form of *Deny* on its way: opened with the press, checked when it is sent, and done through the inbox like every request. */
import type { BlockAction, ViewResponseAction, ViewSubmitAction } from '@slack/bolt';
import { FixId } from '../../core/fix.ts';
import { ForgedRecord } from '../../core/forged-record.ts';
import type { BotDeps } from '../context.ts';
import { personal } from '../handle.ts';
import type { Received } from '../received.ts';
import { replyEphemeral, replyInDirectMessage } from '../replies.ts';
import type { Request } from '../request.ts';
import { handleClick } from './click.ts';
import { deny } from './decide.ts';
import { denyForm, reasonIn } from './deny-form.ts';

/**
 * Opens the form where *Deny* was pressed. Nothing waits for it: who may is checked beside it, and again when it is sent.
 * Never throws.
 */
export async function openForm(body: BlockAction, deps: BotDeps): Promise<void> {
  const [action] = body.actions;
  if (deps.fix === undefined || action?.type !== 'button' || action.action_id !== 'fix_deny') return;
  const language = personal({ userId: body.user.id }, deps);
  try {
    const view = denyForm(language, action.value ?? '');
    const outcome = await deps.slack.call('views.open', { trigger_id: body.trigger_id, view });
    if (outcome.status !== 'ok') deps.log.warn({ outcome }, 'the form of deny could not be opened');
  } catch (error) {
    deps.log.warn({ err: error }, 'the form of deny could not be opened');
  }
}

/** Gives what was sent, as the inbox keeps it; or what is wrong with it, for the form. */
export function sentForm(
  body: ViewSubmitAction,
  deps: BotDeps,
): { readonly received: Received } | { readonly answer: ViewResponseAction } {
  const { user, view, team } = body;
  const found = reasonIn(view.state.values, personal({ userId: user.id }, deps));
  if ('errors' in found) return { answer: { response_action: 'errors', errors: found.errors } };
  return {
    received: {
      key: ['view', user.id, view.id, view.hash].join('|'),
      userId: user.id,
      teamId: user.team_id ?? team?.id ?? '',
      channelId: user.id,
      channelKind: 'unknown',
      answer: { by: 'direct' },
      what: { kind: 'deny', fix: view.private_metadata, reason: found.reason },
    },
  };
}

/** Denies, as if it were pressed in the thread that the fix belongs to: a form has no channel of its own. */
export async function performDeny(
  what: Extract<Received['what'], { kind: 'deny' }>,
  received: Received,
  deps: BotDeps,
): Promise<void> {
  const { key, userId, teamId } = received;
  const place = await placeOf(what.fix, deps);
  const request: Request = {
    key,
    userId,
    teamId,
    channelId: place?.channel ?? userId,
    channelKind: place === undefined ? 'im' : 'unknown',
    reply:
      place === undefined
        ? replyInDirectMessage(deps, userId, undefined)
        : replyEphemeral(deps, { channel: place.channel, user: userId, threadTs: place.threadTs }),
  };
  const button = { action: 'fix_deny', value: what.fix, gate: 'member' as const };
  await handleClick(request, deps, button, (click) => deny(click, what.reason));
}

/** Where the fix stands; undefined where nobody knows, and then the refusal goes to the person directly. */
async function placeOf(
  id: string,
  deps: BotDeps,
): Promise<{ channel: string; threadTs: string | undefined } | undefined> {
  if (deps.fix === undefined || !FixId.safeParse(id).success) return undefined;
  try {
    const record = await deps.fix.fixes.load(id);
    if (record === undefined) return undefined;
    const { channel, threadTs, rootTs } = record.place;
    return { channel, threadTs: threadTs ?? rootTs };
  } catch (error) {
    // What is forged, or cannot be read now, is told by the road itself.
    if (!(error instanceof ForgedRecord)) deps.log.debug({ err: error }, 'place of a fix not known');
    return undefined;
  }
}
