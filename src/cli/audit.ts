/** `kubewhy audit [FIX]` shows the audit log, `kubewhy audit verify` proves that it is whole. Needs REDIS_URL and KUBEWHY_TRUST. */
import { loadTrust } from '../adapters/keys/keys.ts';
import { createLog } from '../adapters/log.ts';
import { type AuditReader, readAudit } from '../adapters/store/audit.ts';
import { closeRedis, connectRedis, redisReady } from '../adapters/store/redis.ts';
import { ConfigError, type Environment } from '../config/fields.ts';
import { readAuditConfig } from '../config/fix.ts';
import type { AuditHead } from '../core/audit.ts';
import { verifyAudit } from '../core/audit-verify.ts';
import { UserError } from '../core/errors.ts';
import { FixId } from '../core/fix.ts';
import type { Language } from '../core/jobs.ts';
import type { Verifier } from '../core/signing.ts';
import { auditEntryText, auditProblemText } from '../report/audit-text.ts';
import { visible } from '../report/visible.ts';
import type { Arguments } from './arguments.ts';
import { EXIT, type Io } from './io.ts';

const REDIS_WAIT_MS = 3000;
const SHOWN = 50;
const MOST_SHOWN = 1000;

/** Shows or verifies. @returns 0, or 1 where the log is not whole. @throws UserError with one sentence. */
export async function audit(args: Arguments, env: Environment, language: Language, io: Io): Promise<number> {
  const [first, ...more] = args.words.slice(1);
  if (more.length > 0) throw usage(`"${more[0]?.slice(0, 60) ?? ''}" is one word too many`);
  const json = args.flags['output'] === 'json';
  if (first === 'verify') {
    if (args.flags['limit'] !== undefined) throw usage('verify looks at every entry and takes no --limit');
    const head = args.flags['head'] === undefined ? undefined : headOf(args.flags['head']);
    return withAudit(env, io, (reader, trust) => verify(reader, trust, head, { json, language, io }));
  }
  if (args.flags['head'] !== undefined) throw usage('--head belongs to kubewhy audit verify');
  if (first !== undefined && !FixId.safeParse(first).success)
    throw usage(`"${first.slice(0, 60)}" is no id of a fix such as fix-7f3k2ab`);
  const limit = limitOf(args.flags['limit']);
  const query = { limit, ...(first === undefined ? {} : { fix: first }) };
  return withAudit(env, io, async (reader) => {
    const [entries, head] = [await reader.read(query), await reader.head()];
    if (json) io.out(`${JSON.stringify({ entries, head })}\n`);
    else {
      for (const { entry } of entries)
        io.out(
          `${entry.seq}  ${visible(entry.at)}  ${visible(`${entry.event.by} ${auditEntryText(entry, language)}`)}\n`,
        );
      io.out(entries.length === 0 ? 'There is no entry.\n' : '');
      io.out(`head ${head.seq}:${head.hash}\n`);
    }
    return EXIT.healthy;
  });
}

interface Manner {
  readonly json: boolean;
  readonly language: Language;
  readonly io: Io;
}

async function verify(
  reader: AuditReader,
  trust: Verifier,
  head: AuditHead | undefined,
  { json, language, io }: Manner,
): Promise<number> {
  const report = verifyAudit(await reader.all(), trust, head === undefined ? {} : { head });
  if (json) io.out(`${JSON.stringify(report)}\n`);
  else if (report.intact) io.out(`The audit log is whole: ${counted(report.entries)}.\n`);
  else for (const problem of report.problems) io.out(`${auditProblemText(problem, language)}\n`);
  if (!json) io.out(`head ${report.head.seq}:${report.head.hash}\n`);
  return report.intact ? 0 : 1;
}

async function withAudit(
  env: Environment,
  io: Io,
  work: (reader: AuditReader, trust: Verifier) => Promise<number>,
): Promise<number> {
  const config = settings(env);
  const trust = loadTrust(config.trustFile);
  let leftOut = 0;
  const silent = createLog('audit', 'error', { write: () => undefined });
  const counting = createLog('audit', 'warn', { write: () => void (leftOut += 1) });
  const redis = connectRedis(config.redisUrl, 'fail-fast', silent);
  try {
    await redisReady(redis, REDIS_WAIT_MS).catch((error: unknown) => {
      throw new UserError('redis-unreachable', 'Redis cannot be reached within 3 s: is REDIS_URL right?', {}, error);
    });
    const code = await work(readAudit(redis, trust, counting), trust);
    if (leftOut > 0)
      io.err(`kubewhy: left out ${counted(leftOut)} not signed by kubewhy; kubewhy audit verify names each.\n`);
    return code;
  } finally {
    await closeRedis(redis);
  }
}

function settings(env: Environment): ReturnType<typeof readAuditConfig> {
  try {
    return readAuditConfig(env);
  } catch (error) {
    throw error instanceof ConfigError ? new UserError('audit-settings', error.problems.join(' ')) : error;
  }
}

function counted(entries: number): string {
  return entries === 1 ? '1 entry' : `${entries} entries`;
}

/** `41:9f3c52ab61d7…`, as a thread quotes it: the beginning of the hash is enough. */
function headOf(text: string): AuditHead {
  const match = /^(\d{1,12}):([0-9a-f]{12,64})(?:…|\.\.\.)?$/.exec(text.trim());
  const [, seq = '', hash = ''] = match ?? [];
  if (match === null) throw usage(`--head takes number:hash as a thread quotes it, not "${text.slice(0, 60)}"`);
  return { seq: Number(seq), hash };
}

function limitOf(text: string | undefined): number {
  const limit = text === undefined ? SHOWN : Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MOST_SHOWN) return limit;
  throw usage(`--limit takes a whole number from 1 to ${MOST_SHOWN}, not "${(text ?? '').slice(0, 60)}"`);
}

function usage(what: string): UserError {
  return new UserError(
    'audit-usage',
    `${what}. Usage: kubewhy audit [FIX] [--limit N], kubewhy audit verify [--head N:HASH].`,
  );
}
