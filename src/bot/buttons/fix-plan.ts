/** *Show plan*: the same plan, and nothing to approve. */
import { propose } from '../fixes/begin.ts';
import type { FixButton } from './button.ts';

export const fixPlan: FixButton = { action: 'fix_plan', gate: 'asker', click: (click) => propose(click, 'show') };
