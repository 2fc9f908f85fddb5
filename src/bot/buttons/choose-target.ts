/** One of several targets that a name stands for. */
import { ask } from '../ask.ts';
import { TEXTS } from '../texts.ts';
import type { Button } from './button.ts';

export const chooseTarget: Button = {
  action: 'choose_target',
  async press(value, allowed) {
    const stored = await allowed.deps.questions.get(value);
    if (stored === undefined) return await allowed.request.reply({ text: TEXTS[allowed.language].buttonStale });
    const { threadTs: _, ...outside } = allowed.request;
    const { channel, threadTs } = stored.place;
    const elsewhere = threadTs === undefined || channel !== outside.channelId;
    const request = elsewhere ? outside : { ...outside, threadTs };
    await ask({ ...allowed, request }, stored.cluster, stored.question);
  },
};
