/** What can be seen of fixes from outside while they are carried out: each revision, audit entry, write, grant and effect, as moments in a row. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { currentRecord } from '../../src/adapters/store/signed-fix.ts';
import { type FixRecord, StoredFix } from '../../src/core/fix.ts';
import { REMEDIATOR } from '../../src/sandbox/fix-setup.ts';
import type { Platform } from '../../src/sandbox/platform.ts';

const POLL_MS = 2;

export interface FixWatch {
  /** Every moment so far, in a word each: a boundary between two steps. */
  readonly moments: readonly string[];
  /** Called after each. Gives what ends that. */
  on(listener: () => void): () => void;
  /** Records as they stand in Redis, by id; the last ones seen while it is away. */
  readonly records: ReadonlyMap<string, FixRecord>;
  readonly redis: Redis;
  stop(): Promise<void>;
}

/** Begins to look; end it with `stop`. */
export function watchFixes(platform: Platform): FixWatch {
  const redis = new Redis(platform.redisUrl.replace('unix://', ''), {
    maxRetriesPerRequest: null,
    retryStrategy: () => 20,
  });
  redis.on('error', () => undefined);
  const moments: string[] = [];
  const records = new Map<string, FixRecord>();
  const listeners = new Set<() => void>();
  let stopped = false;
  const happened = (what: string): void => {
    moments.push(what);
    for (const listener of listeners) listener();
  };
  const local = watchLocally(platform, happened);
  let audit = 0;
  const look = async (): Promise<void> => {
    const keys = await redis.keys('kubewhy:fix:fix-*');
    const length = await redis.llen('kubewhy:audit');
    for (const id of records.keys()) if (!keys.includes(`kubewhy:fix:${id}`)) records.delete(id);
    for (const key of keys.sort()) {
      const text = await redis.hget(key, 'text');
      const parsed = text === null ? undefined : StoredFix.safeParse(JSON.parse(text));
      if (parsed?.success !== true) continue;
      const record = currentRecord(parsed.data);
      if (records.get(record.id)?.rev === record.rev) continue;
      records.set(record.id, record);
      happened(`rev ${record.rev} of ${record.id} ${record.state}`);
    }
    if (length !== audit) happened(`audit ${length}`);
    audit = length;
  };
  const looking = (async () => {
    while (!stopped) {
      await look().catch(() => undefined);
      await sleep(POLL_MS);
    }
  })();
  return {
    moments,
    records,
    redis,
    on(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async stop() {
      stopped = true;
      clearInterval(local);
      redis.disconnect();
      await looking;
    },
  };
}

/** API server and effects live in this process; grants are files of the agents. */
function watchLocally({ cluster, folder }: Platform, happened: (what: string) => void): NodeJS.Timeout {
  let requests = cluster.api.requests.length;
  let effects = 0;
  const open = new Set<(typeof cluster.api.requests)[number]>();
  const grants = new Map<string, string>();
  return setInterval(() => {
    const { requests: all } = cluster.api;
    for (const request of all.slice(requests)) {
      if (!isWrite(request)) continue;
      open.add(request);
      happened(`${request.method} ${request.resource}/${request.name} comes`);
    }
    requests = all.length;
    for (const request of open) {
      if (request.status === 0) continue;
      open.delete(request);
      happened(`${request.method} ${request.resource}/${request.name} answered ${request.status}`);
    }
    for (const effect of cluster.effects.effects.slice(effects))
      happened(
        `effect ${effect.node} ${effect.op === 'run' ? [effect.program, ...effect.args].join(' ') : effect.path}`,
      );
    effects = cluster.effects.effects.length;
    for (const node of cluster.agents.keys()) {
      for (const [grant, state] of grantsOf(join(folder, 'cluster', `agent-${node}-state`))) {
        if (grants.get(grant) === state) continue;
        grants.set(grant, state);
        happened(`grant ${state} on ${node}`);
      }
    }
  }, 1);
}

function isWrite({ method, path, dryRun }: { method: string; path: string; dryRun: boolean }): boolean {
  // Whether it is a dry run is known once its query was read.
  return ['PATCH', 'PUT', 'DELETE'].includes(method) && !dryRun && !path.includes('dryRun');
}

/** Writes to objects that were carried out for the remediator. */
export function writesOf({ cluster }: Platform): { readonly object: string; readonly path: string }[] {
  return cluster.api.requests
    .filter((one) => isWrite(one) && one.user === REMEDIATOR && one.status >= 200 && one.status < 300)
    .map(({ resource, namespace, name, path }) => ({ object: `${resource} ${namespace}/${name}`, path }));
}

function grantsOf(folder: string): [string, string][] {
  try {
    return readdirSync(folder)
      .filter((name) => name.startsWith('gr-'))
      .map((name) => [name, readFileSync(join(folder, name), 'utf8').includes('"endedAt"') ? 'used' : 'begun']);
  } catch {
    return [];
  }
}
