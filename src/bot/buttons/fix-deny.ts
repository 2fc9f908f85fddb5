/** *Deny*: its form is open already (fixes/submit.ts); whoever may not deny is told at once. */
import { checkDeny } from '../fixes/decide.ts';
import type { FixButton } from './button.ts';

export const fixDeny: FixButton = { action: 'fix_deny', gate: 'member', click: (click) => checkDeny(click) };
