/** Grants that were used, one file each: on disk before the step begins, so that neither a restart nor a kill forgets one. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, statSync } from 'node:fs';
import { open, readdir, readFile, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { digestOf } from '../core/canonical-json.ts';
import { errorText, UserError } from '../core/errors.ts';
import type { Grant } from '../core/grant.ts';
import { NodeStepResult } from '../core/node-steps.ts';
import { errnoOf } from './host-errors.ts';

/** Kept for that long after the grant's own end, which is a minute after its beginning. */
const KEPT_MS = 24 * 3600 * 1000;
const FILE = /^gr-[0-9a-f]{32}\.json$/;

const Used = z.object({
  version: z.literal(1),
  id: z.string(),
  /** Digest of node and action: one id is for one step. */
  step: z.string(),
  notAfter: z.string(),
  begunAt: z.string(),
  endedAt: z.string().optional(),
  result: NodeStepResult.optional(),
});
export type Used = z.infer<typeof Used>;

export interface UsedGrants {
  /** Gives what is known of a grant; undefined where it was never used; `damaged` where its file says nothing any more. */
  find(id: string): Promise<Used | 'damaged' | undefined>;
  /** Notes that a grant is used now. False where it was used before. @throws Error where that cannot be kept */
  begin(grant: Grant, now: Date): Promise<boolean>;
  /** Notes what became of it. @throws Error where that cannot be kept */
  end(grant: Grant, begunAt: Date, now: Date, result: NodeStepResult): Promise<void>;
}

/** What a grant is for, whoever approved it and when: two grants of one id must agree in it. */
export function stepDigest(grant: Grant): string {
  return digestOf({ node: grant.node, action: grant.action });
}

/** Opens the folder, and makes it where it is missing. @throws UserError `agent-state` */
export function openUsedGrants(folder: string): UsedGrants {
  try {
    makeFolder(folder);
  } catch (error) {
    throw new UserError('agent-state', `--state-dir ${folder} cannot be used: ${errorText(error)}`, {}, error);
  }
  const fileOf = (id: string): string => join(folder, `${id}.json`);
  return {
    find: (id) => findUsed(fileOf(id)),
    begin: async (grant, now) => {
      const used = { version: 1, id: grant.id, step: stepDigest(grant), notAfter: grant.notAfter };
      try {
        await writeSynced(fileOf(grant.id), { ...used, begunAt: now.toISOString() });
        await syncFolder(folder);
      } catch (error) {
        if (errnoOf(error) === 'EEXIST') return false;
        throw error;
      }
      await clean(folder, fileOf, Math.min(now.getTime(), Date.parse(grant.notAfter)) - KEPT_MS);
      return true;
    },
    end: async (grant, begunAt, now, result) => {
      const used = { version: 1, id: grant.id, step: stepDigest(grant), notAfter: grant.notAfter };
      const beside = join(folder, `new-${randomBytes(6).toString('hex')}`);
      try {
        const times = { begunAt: begunAt.toISOString(), endedAt: now.toISOString() };
        await writeSynced(beside, { ...used, ...times, result });
        await rename(beside, fileOf(grant.id));
      } catch (error) {
        await unlink(beside).catch(() => undefined);
        throw error;
      }
      await syncFolder(folder);
    },
  };
}

/** Folder by folder: Node's own `recursive` never ends where the file system takes none (/proc). */
function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}

async function findUsed(file: string): Promise<Used | 'damaged' | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const parsed = Used.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : 'damaged';
  } catch {
    // The file is there, so the grant was used: the agent died while it wrote.
    return 'damaged';
  }
}

/** A new file only; gone again where it could not be written whole, since then nothing has begun. */
async function writeSynced(file: string, value: object): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(value)}\n`);
    await handle.sync();
  } catch (error) {
    await unlink(file).catch(() => undefined);
    throw error;
  } finally {
    await handle.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Removes what is older. `before` is by a grant that is good now, not by this machine's clock alone: a clock that jumped
 * ahead must not make the agent forget. What cannot be removed is tried again with the next grant.
 */
async function clean(folder: string, fileOf: (id: string) => string, before: number): Promise<void> {
  const names = await readdir(folder).catch((): string[] => []);
  for (const name of names.filter((one) => FILE.test(one))) {
    const file = fileOf(name.slice(0, -'.json'.length));
    const used = await findUsed(file).catch(() => undefined);
    if (typeof used === 'object' && Date.parse(used.notAfter) < before) await unlink(file).catch(() => undefined);
  }
}
