/** `preflight`: what to mend before the next restart. */
import type { Command } from './command.ts';
import { questionPlan } from './question.ts';

export const preflight: Command = {
  name: 'preflight',
  aliases: [],
  summary: { en: 'What to mend before the next restart.', 'zh-cn': '下次重启之前需要修复的地方。' },
  usage: '',
  examples: ['preflight'],
  plan: (words, context) => questionPlan(['preflight', ...words], context),
};
