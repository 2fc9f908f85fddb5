/** Who may ask, and where: decided anew for every command and every button, and against the person where Slack does not answer. */
import type { Lookup, Person } from './directory.ts';
import type { Request } from './request.ts';

export interface Policy {
  readonly teamId: string;
  readonly enterpriseId?: string;
  /** `members`, or the ids of those who may. Members only, in either case. */
  readonly people: 'members' | readonly string[];
}

export type Refusal =
  | 'notMember'
  | 'notListed'
  | 'cannotCheck'
  | 'externalChannel'
  | 'notInChannel'
  | 'groupMessage'
  | 'archived';

/** `place`: the channel that the answer goes to. In a direct message between two people that is the bot's own with the asker. */
export type Decision = { readonly place: string } | { readonly refusal: Refusal };

/** Decides whether a person may ask in this channel (facts/slack.md §4.2). */
export async function authorize(request: Request, directory: Lookup, policy: Policy): Promise<Decision> {
  const refused = await refusedPerson(request, directory, policy);
  if (refused !== undefined) return { refusal: refused };
  if (request.channelKind === 'im') return { place: request.channelId };
  return placeOf(request, directory);
}

async function refusedPerson(request: Request, directory: Lookup, policy: Policy): Promise<Refusal | undefined> {
  if (request.teamId !== policy.teamId && policy.enterpriseId === undefined) return 'notMember';
  if (policy.people !== 'members' && !policy.people.includes(request.userId)) return 'notListed';
  const known = await directory.person(request.userId);
  if ('error' in known) {
    return known.error === 'user_not_found' || known.error === 'user_not_visible' ? 'notMember' : 'cannotCheck';
  }
  return isFullMember(known.value, policy) ? undefined : 'notMember';
}

function isFullMember(person: Person, policy: Policy): boolean {
  const sameTeam = person.team_id === policy.teamId;
  const sameCompany =
    policy.enterpriseId !== undefined && person.enterprise_user?.enterprise_id === policy.enterpriseId;
  const limited =
    person.deleted || person.is_bot || person.is_restricted || person.is_ultra_restricted || person.is_stranger;
  // Slackbot repeats what others have set up for it: answers to keywords, reminders.
  return (sameTeam || sameCompany) && limited !== true && person.id !== 'USLACKBOT';
}

async function placeOf(request: Request, directory: Lookup): Promise<Decision> {
  const known = await directory.channel(request.channelId);
  if ('error' in known) {
    const direct = request.channelId.startsWith('D');
    // Without im:read Slack does not say whose direct message it is; the bot's own with the asker is always right.
    if (known.error === 'missing_scope') return direct ? { place: request.userId } : { refusal: 'groupMessage' };
    if (known.error === 'channel_not_found' || known.error === 'not_in_channel') {
      return direct ? { place: request.userId } : { refusal: 'notInChannel' };
    }
    return { refusal: 'cannotCheck' };
  }
  const channel = known.value;
  if (channel.is_ext_shared === true || channel.is_pending_ext_shared === true) return { refusal: 'externalChannel' };
  if (channel.is_im === true) return { place: request.channelId };
  if (channel.is_archived === true) return { refusal: 'archived' };
  if (channel.is_member !== true) return { refusal: channel.is_mpim === true ? 'groupMessage' : 'notInChannel' };
  return { place: request.channelId };
}
