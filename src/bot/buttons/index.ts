/** All buttons, by the action that Slack sends. */
import type { Button } from './button.ts';
import { chooseTarget } from './choose-target.ts';
import { diagnosisAgain } from './diagnosis-again.ts';
import { diagnosisCancel } from './diagnosis-cancel.ts';

const BUTTONS: readonly Button[] = [chooseTarget, diagnosisAgain, diagnosisCancel];

/** Finds the button of an action; what follows a colon does not count. */
export function buttonOf(actionId: string): Button | undefined {
  const action = actionId.split(':')[0];
  return BUTTONS.find((button) => button.action === action);
}
