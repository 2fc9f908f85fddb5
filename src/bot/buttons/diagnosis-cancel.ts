/** *Cancel*: the asker, or anybody who may ask, stops a diagnosis. */
import { TEXTS } from '../texts.ts';
import type { Button } from './button.ts';

export const diagnosisCancel: Button = {
  action: 'diagnosis_cancel',
  async press(value, { request, deps, language }) {
    const texts = TEXTS[language];
    const entry = await deps.recent.get(value);
    if (entry === undefined) return await request.reply({ text: texts.buttonStale });
    if (entry.state !== 'queued' && entry.state !== 'running') {
      return await request.reply({ text: texts.alreadyOver(entry.id) });
    }
    await deps.cancels.ask(entry.id, request.userId);
    deps.log.info({ id: entry.id, user: request.userId }, 'cancel asked');
    await request.reply({ text: texts.cancelAsked(entry.id) });
  },
};
