/** A last look at where an answer goes: the bot decided before the job was queued, and channels and records change. */
import { z } from 'zod';
import type { SlackClient } from '../adapters/slack/client.ts';
import { SlackRefused } from '../adapters/slack/thread.ts';

const Channel = z.object({ is_ext_shared: z.boolean().optional(), is_pending_ext_shared: z.boolean().optional() });

/**
 * Looks whether the channel is shared with another company. Where Slack does not say, the bot's decision stands.
 * @throws SlackRefused `external_channel`.
 */
export async function checkPlace(slack: SlackClient, channel: string): Promise<void> {
  if (!/^[CG]/.test(channel)) return;
  const outcome = await slack.call('conversations.info', { channel }, { priority: 'first', repeatable: true });
  const known = outcome.status === 'ok' ? Channel.safeParse(outcome.data['channel']).data : undefined;
  if (known?.is_ext_shared === true || known?.is_pending_ext_shared === true) {
    throw new SlackRefused('conversations.info', 'external_channel');
  }
}
