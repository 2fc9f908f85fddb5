/** When each thing of one fix happened, as its surroundings saw it: the click at Slack, writes at the cluster, the card. */
import { REMEDIATOR } from '../fix-setup.ts';
import type { Platform } from '../platform.ts';
import type { StoredMessage } from '../slack/types.ts';

const LOOK_MS = 5;
/** Asking what one may do is a POST that changes nothing. */
const REVIEWS = 'selfsubjectaccessreviews';

/** Milliseconds from the moment that Slack sent the approval off. */
export interface FixMoments {
  readonly firstWriteMs: number;
  readonly lastWriteMs: number;
  readonly writes: number;
  /** Since when the cluster itself was well, at the moment that it was called verified. */
  readonly wellMs: number;
  readonly verifiedMs: number;
}

export interface Following {
  /** Of a fix whose card shows *verified*. @throws an Error naming what was not seen. */
  moments(card: StoredMessage): FixMoments;
  stop(): void;
}

/** Looks every few milliseconds from now on: the simulators keep their requests and changes without times. */
export function followFix({ slack, cluster }: Platform, isWell: () => boolean): Following {
  const clicksBefore = slack.ledger.length;
  let [requests, effects] = [cluster.api.requests.length, cluster.effects.effects.length];
  const writes: number[] = [];
  let wellSince: number | undefined;
  const look = (): void => {
    const now = Date.now();
    const asked = cluster.api.requests.slice(requests);
    // A request is in the list before it is judged; one without an answer is looked at again.
    const answered = asked.findIndex(({ status }) => status === 0);
    const settled = answered < 0 ? asked : asked.slice(0, answered);
    requests += settled.length;
    const changes = settled.filter(
      ({ user, method, dryRun, status, resource }) =>
        user === REMEDIATOR && method !== 'GET' && !dryRun && status < 300 && resource !== REVIEWS,
    );
    const steps = cluster.effects.effects.length - effects;
    effects += steps;
    for (let i = 0; i < changes.length + steps; i += 1) writes.push(now);
    wellSince = isWell() ? (wellSince ?? now) : undefined;
  };
  const timer = setInterval(look, LOOK_MS);
  return {
    moments: (card) => {
      look();
      const click = slack.ledger
        .slice(clicksBefore)
        .findLast(
          ({ kind, detail }) => kind === 'dispatch' && JSON.stringify(detail).includes('"action_id":"fix_approve"'),
        );
      const verified = card.frames.find((frame) => JSON.stringify(frame.blocks[0]).includes(':large_green_square:'));
      const [first, last] = [writes[0], writes.at(-1)];
      if (click === undefined) throw new Error('No approval was seen.');
      if (first === undefined || last === undefined) throw new Error('A fix was verified, and no write was seen.');
      if (wellSince === undefined) throw new Error('A fix was called verified, and the cluster is not well.');
      if (verified === undefined) throw new Error('The card never showed that the fix is verified.');
      return {
        firstWriteMs: first - click.at,
        lastWriteMs: last - click.at,
        writes: writes.length,
        wellMs: wellSince - click.at,
        verifiedMs: verified.at - click.at,
      };
    },
    stop: () => clearInterval(timer),
  };
}
