/** The writing side of a recorded host: each change is told to a server that knows what follows from it (WRITES.md). */
import { z } from 'zod';
import { errorText } from '../core/errors.ts';
import { HostError } from './host.ts';
import { issueText } from './issue-text.ts';
import type { RecordedHost } from './recorded-host.ts';
import { assertEffect, type StepHost, writable } from './step-host.ts';

const MAX_ANSWER = 64 * 1024;
const MAX_FILE = 256 * 1024;
const WRITE_MS = 60_000;
const MODE = 0o644;

const EffectAnswer = z.union([
  z.object({ code: z.number().int(), stdout: z.string().default(''), stderr: z.string().default('') }),
  z.object({ error: z.enum(['not-found', 'denied', 'failed']), message: z.string().max(500) }),
]);

/** Makes the writing side of a recorded host. `url` is where each change is posted. */
export function createRecordedStepHost(host: RecordedHost, url: string): StepHost {
  async function tell(effect: Readonly<Record<string, unknown>>, timeoutMs: number) {
    try {
      const answer = await post(url, { node: host.node, ...effect }, timeoutMs);
      if ('error' in answer) throw new HostError(answer.error, answer.message);
      return answer;
    } finally {
      // Whatever came of it: the next read must see it.
      host.reread();
    }
  }
  const load = (path: string): Promise<string> => {
    writable(path);
    return host.readFile(path, MAX_FILE);
  };
  async function same(path: string, was: string | undefined): Promise<void> {
    const now = await load(path).catch((error: unknown) => {
      if (error instanceof HostError && error.code === 'not-found') return undefined;
      throw error;
    });
    if (now !== was)
      throw new HostError('failed', `${path} was changed by somebody else meanwhile, and was left alone`);
  }
  return {
    run: async (program, args, timeoutMs) => {
      assertEffect(program, args);
      return { ...(await tell({ op: 'run', program, args }, timeoutMs)), truncated: false };
    },
    load,
    put: async ({ path, content, was }) => {
      writable(path);
      await same(path, was);
      const { code, stderr } = await tell({ op: 'write', path, content, mode: MODE }, WRITE_MS);
      if (code !== 0) throw new HostError('failed', `writing ${path} failed: ${stderr.slice(0, 200)}`);
    },
    remove: async (path, was) => {
      if (writable(path) !== 'own') throw new HostError('denied', `${path} is not a file that this agent may remove`);
      await same(path, was);
      const { code, stderr } = await tell({ op: 'remove', path }, WRITE_MS);
      if (code !== 0) throw new HostError('failed', `removing ${path} failed: ${stderr.slice(0, 200)}`);
    },
  };
}

async function post(url: string, effect: object, timeoutMs: number): Promise<z.infer<typeof EffectAnswer>> {
  let text: string;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(effect),
      signal: AbortSignal.timeout(timeoutMs),
    });
    text = await bounded(response);
    if (response.status !== 200) throw new Error(`status ${response.status}`);
  } catch (error) {
    const late = error instanceof Error && error.name === 'TimeoutError';
    throw new HostError(late ? 'timeout' : 'failed', `the effects server ${url} did not answer: ${errorText(error)}`);
  }
  const parsed = EffectAnswer.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new HostError('failed', `the effects server ${url} answered something else ${issueText(parsed.error)}`);
}

async function bounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of response.body ?? []) {
    total += chunk.length;
    if (total > MAX_ANSWER) throw new Error(`more than ${MAX_ANSWER} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
