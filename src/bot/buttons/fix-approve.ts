/** *Approve*, after Slack's own question. */
import { approve } from '../fixes/decide.ts';
import type { FixButton } from './button.ts';

export const fixApprove: FixButton = { action: 'fix_approve', gate: 'member', click: (click) => approve(click) };
