/** What the three commands that ask a question have in common. */
import { parseQuestion } from '../../core/parse-question.ts';
import { mrkdwn, targetWords } from '../../report/index.ts';
import { ask } from '../ask.ts';
import { TEXTS } from '../texts.ts';
import type { Plan, PlanContext } from './command.ts';

/** Parses the question, says what is looked into, and queues it. @throws UserError */
export function questionPlan(words: readonly string[], context: PlanContext): Plan {
  const question = parseQuestion(words);
  const target = mrkdwn(targetWords(context.language, question.target));
  return {
    ack: TEXTS[context.language].lookingInto(target),
    work: (allowed) => ask(allowed, context.cluster, question),
  };
}
