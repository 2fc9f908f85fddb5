/** `kubewhy keys DIR`: new keys for the three processes, and which of them gets what. */
import { createKeyFiles } from '../adapters/keys/keys.ts';
import { BOT_FIX_FIELDS, REMEDIATOR_FIX_FIELDS, WORKER_FIX_FIELDS } from '../config/fix.ts';
import { UserError } from '../core/errors.ts';
import { EXIT, type Io } from './io.ts';

/** Makes the keys and says where they belong. @throws UserError where a file is there already, or the folder cannot be written. */
export async function keys(words: readonly string[], json: boolean, io: Io): Promise<number> {
  const [folder, ...more] = words;
  if (folder === undefined || more.length > 0)
    throw new UserError('keys-folder', 'keys takes one folder for the new keys: kubewhy keys ./kubewhy-keys.');
  const files = await createKeyFiles(folder);
  const given = [
    { process: 'bot', file: files.bot, variable: BOT_FIX_FIELDS.keyFile.name },
    { process: 'worker', file: files.worker, variable: WORKER_FIX_FIELDS.keyFile.name },
    { process: 'remediator', file: files.remediator, variable: REMEDIATOR_FIX_FIELDS.keyFile.name },
  ];
  if (json) {
    io.out(
      `${JSON.stringify({ keys: given, trust: { file: files.trust, variable: BOT_FIX_FIELDS.trustFile.name } })}\n`,
    );
    return EXIT.healthy;
  }
  const { visible } = await import('../report/visible.ts');
  const row = (process: string, variable: string, file: string): string =>
    `  ${process.padEnd(12)} ${`${variable}=`.padEnd(24)}${visible(file)}\n`;
  io.out('Keys are made. Give each process its own key, and nobody else:\n');
  for (const { process, variable, file } of given) io.out(row(process, variable, file));
  io.out('All of them get the trust file, which is not secret, but decides whose signature counts:\n');
  io.out(row('all three', BOT_FIX_FIELDS.trustFile.name, files.trust));
  io.out('  agents       --grant-key             the same file; without it an agent changes nothing\n');
  io.out('Keep a copy of the trust file: kubewhy audit verify needs it to prove what was signed.\n');
  return EXIT.healthy;
}
