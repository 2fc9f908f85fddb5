/** All buttons, by the action that Slack sends. */
import type { Button, FixButton } from './button.ts';
import { chooseTarget } from './choose-target.ts';
import { diagnosisAgain } from './diagnosis-again.ts';
import { diagnosisCancel } from './diagnosis-cancel.ts';
import { fixApprove } from './fix-approve.ts';
import { fixDeny } from './fix-deny.ts';
import { fixPlan } from './fix-plan.ts';
import { fixPropose } from './fix-propose.ts';
import { fixUndo } from './fix-undo.ts';
import { fixWithdraw } from './fix-withdraw.ts';

const BUTTONS: readonly (Button | FixButton)[] = [
  chooseTarget,
  diagnosisAgain,
  diagnosisCancel,
  fixApprove,
  fixDeny,
  fixPlan,
  fixPropose,
  fixUndo,
  fixWithdraw,
];

/** Finds the button of an action; what follows a colon does not count. */
export function buttonOf(actionId: string): Button | FixButton | undefined {
  const action = actionId.split(':')[0];
  return BUTTONS.find((button) => button.action === action);
}
