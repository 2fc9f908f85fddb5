/** *Propose fix* and *Propose again*: a plan that waits for approval. */
import { propose } from '../fixes/begin.ts';
import type { FixButton } from './button.ts';

export const fixPropose: FixButton = {
  action: 'fix_propose',
  gate: 'asker',
  click: (click) => propose(click, 'propose'),
};
