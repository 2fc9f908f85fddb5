/** *Withdraw*: the one who asked, or one who may approve. */
import { withdraw } from '../fixes/decide.ts';
import type { FixButton } from './button.ts';

export const fixWithdraw: FixButton = { action: 'fix_withdraw', gate: 'member', click: (click) => withdraw(click) };
