/** *Undo*: takes a fix back on the same road. */
import { undo } from '../fixes/begin.ts';
import type { FixButton } from './button.ts';

export const fixUndo: FixButton = { action: 'fix_undo', gate: 'asker', click: (click) => undo(click) };
