/** New keys for a new installation: one private key for each process and the trust file that all of them get. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorText, UserError } from '../../core/errors.ts';
import { ROLES, type Role } from '../../core/signing.ts';

/** Paths of the files that were made. */
export type KeyFiles = Readonly<Record<Role | 'trust', string>>;

/**
 * Makes `bot.key`, `worker.key`, `remediator.key` and `trust.json` in a folder, readable by their owner alone.
 * A file that is there is never overwritten: a new key makes every record, approval and audit entry of the old one worthless.
 * @throws UserError `keys-exist` where one is there, `keys-unwritable` where the folder cannot be written.
 */
export async function createKeyFiles(folder: string): Promise<KeyFiles> {
  const files: KeyFiles = {
    bot: join(folder, 'bot.key'),
    worker: join(folder, 'worker.key'),
    remediator: join(folder, 'remediator.key'),
    trust: join(folder, 'trust.json'),
  };
  const pairs = ROLES.map((role) => ({ role, ...pair() }));
  const trust = { version: 1, ...Object.fromEntries(pairs.map((made) => [made.role, made.publicKey])) };
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // All four are opened before one is written: it is all of them or nothing that counts.
    const handles = await openAll([...pairs.map(({ role }) => files[role]), files.trust]);
    const texts = [...pairs.map((made) => made.privateKey), `${JSON.stringify(trust, null, 2)}\n`];
    for (const [i, handle] of handles.entries()) {
      await handle.writeFile(texts[i] ?? '');
      await handle.close();
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError('keys-unwritable', `Keys cannot be written to ${folder}: ${errorText(error)}.`, { folder });
  }
  return files;
}

type Handle = Awaited<ReturnType<typeof open>>;

async function openAll(paths: readonly string[]): Promise<Handle[]> {
  const handles: Handle[] = [];
  for (const path of paths) {
    try {
      handles.push(await open(path, 'wx', 0o600));
    } catch (error) {
      await Promise.all(handles.map((handle) => handle.close()));
      await removeEmpty(paths.slice(0, handles.length));
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      throw new UserError(
        'keys-exist',
        `${path} exists already, and keys are never overwritten. Give an empty folder; a change of keys ends every open fix.`,
        { file: path },
      );
    }
  }
  return handles;
}

/** Files that were opened a moment ago and hold nothing yet. */
async function removeEmpty(paths: readonly string[]): Promise<void> {
  await Promise.all(paths.map((path) => rm(path, { force: true })));
}

function pair(): { publicKey: string; privateKey: string } {
  return generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}
