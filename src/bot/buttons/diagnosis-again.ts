/** *Run again*: the same question, asked by the one who presses, answered in the same channel. */
import { ask } from '../ask.ts';
import { TEXTS } from '../texts.ts';
import type { Button } from './button.ts';

export const diagnosisAgain: Button = {
  action: 'diagnosis_again',
  async press(value, allowed) {
    const entry = await allowed.deps.recent.get(value);
    if (entry === undefined) return await allowed.request.reply({ text: TEXTS[allowed.language].buttonStale });
    const { threadTs: _, ...outside } = allowed.request;
    const { channel, threadTs } = entry.place;
    // Where the first answer stands in somebody's thread, the second belongs there too; else it begins its own.
    const elsewhere = threadTs === undefined || channel !== outside.channelId;
    const request = elsewhere ? outside : { ...outside, threadTs };
    await ask({ ...allowed, request }, entry.cluster, entry.question);
  },
};
