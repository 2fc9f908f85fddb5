/** `--save FILE`: writes evidence for its owner alone, whole or not at all, and never through somebody else's link. */
import { randomBytes } from 'node:crypto';
import { lstat, rename, rm, stat, writeFile } from 'node:fs/promises';
import { UserError } from '../core/errors.ts';

/**
 * Writes the text. A file that is there is replaced, so that its old mode does not matter; pipes and devices are written to.
 * @throws UserError `save-failed` where it is a folder, a link to a file, or cannot be written.
 */
export async function saveEvidence(file: string, text: string): Promise<void> {
  const beside = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    if (await isStream(file)) return await writeFile(file, text);
    // Evidence names nodes, addresses and Pods of somebody's cluster.
    await writeFile(beside, text, { mode: 0o600, flag: 'wx' });
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => undefined);
    const reason = (error as Error).message;
    throw new UserError('save-failed', `--save ${file}: the file cannot be written: ${reason}.`, {}, error);
  }
}

/** True for what is no file (/dev/stdout, a pipe). @throws Error for a folder, and for a link to a file: in /tmp anybody may have put it there. */
async function isStream(file: string): Promise<boolean> {
  const there = await lstat(file).catch(() => undefined);
  if (there === undefined) return false;
  const meant = await stat(file).catch(() => undefined);
  if (meant?.isDirectory() === true) throw new Error('it is a folder');
  if (meant !== undefined && !meant.isFile()) return true;
  if (there.isSymbolicLink() && !/^\/(dev|proc)\//.test(file)) {
    throw new Error('it is a symbolic link; name the file itself');
  }
  // `--save /dev/stdout > file`: the shell has opened that file already.
  return there.isSymbolicLink();
}
