/** `preflight`: what will break at the next restart. */
import type { Command } from './command.ts';
import { questionPlan } from './question.ts';

export const preflight: Command = {
  name: 'preflight',
  aliases: [],
  summary: { en: 'What will break at the next restart.', 'zh-cn': '下次重启时会出问题的地方。' },
  usage: '',
  examples: ['preflight'],
  plan: (words, context) => questionPlan(['preflight', ...words], context),
};
