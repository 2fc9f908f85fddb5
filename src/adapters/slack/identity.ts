/** Who the bot is in its workspace, asked once at the start. */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Log } from '../log.ts';
import type { SlackClient } from './client.ts';

export interface Identity {
  readonly userId: string;
  readonly botId: string;
  readonly teamId: string;
  readonly enterpriseId?: string;
}

const Answer = z.object({
  user_id: z.string(),
  bot_id: z.string().default(''),
  team_id: z.string(),
  enterprise_id: z.string().nullish(),
});

/**
 * Asks Slack, and goes on asking while Slack cannot be reached.
 * @throws where Slack refuses the token.
 */
export async function identify(slack: SlackClient, log: Log): Promise<Identity> {
  for (let tries = 1; ; tries += 1) {
    const outcome = await slack.call('auth.test', {}, { repeatable: true });
    if (outcome.status === 'refused') {
      throw new Error(
        `Slack refuses KUBEWHY_SLACK_BOT_TOKEN: ${outcome.error}. Install the app again and use its token.`,
      );
    }
    const answer = outcome.status === 'ok' ? Answer.safeParse(outcome.data) : undefined;
    if (answer?.success === true) {
      const { user_id: userId, bot_id: botId, team_id: teamId, enterprise_id: enterpriseId } = answer.data;
      return { userId, botId, teamId, ...(typeof enterpriseId === 'string' ? { enterpriseId } : {}) };
    }
    log.warn({ outcome: outcome.status, tries }, 'slack cannot be reached, trying again');
    // It does not keep a process alive that was told to end.
    await sleep(Math.min(30_000, 1000 * 2 ** Math.min(tries, 5)), undefined, { ref: false });
  }
}
