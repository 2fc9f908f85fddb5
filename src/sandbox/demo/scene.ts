/** One scene: somebody types a question in Slack, and it is followed to its end. */
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Platform } from '../platform.ts';
import type { StoredMessage } from '../slack/types.ts';

const EXECUTABLE = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));
const SCENE_TIMEOUT_MS = 60_000;

/** What the demo reads of a report: its own schema, since a simulator shares no code with what it checks. */
const Judged = z.object({
  id: z.string(),
  verdict: z.string(),
  summary: z.string(),
  causes: z.array(
    z.object({
      rule: z.string(),
      message: z.string(),
      object: z.object({ kind: z.string(), namespace: z.string().optional(), name: z.string() }),
    }),
  ),
});
export type Judged = z.infer<typeof Judged>;

/** How a scene went. Times in milliseconds. */
export interface SceneResult {
  readonly command: string;
  readonly ackMs: number;
  readonly seconds: number;
  readonly root: StoredMessage;
  readonly thread: readonly StoredMessage[];
  readonly judged: Judged;
  /** True where the root message shows the verdict's own sentence: what is judged is what is shown. */
  readonly shown: boolean;
}

/** Types a command as a person and waits for the whole thread, the evidence file last. */
export async function playScene(
  platform: Platform,
  where: { readonly user: string; readonly channel: string },
  text: string,
): Promise<SceneResult> {
  const { slack } = platform;
  const before = new Set(slack.messages(where.channel).map((message) => message.ts));
  const started = Date.now();
  const outcome = await slack.asUser(where.user).slash(where.channel, '/k8s', text);
  if (outcome.visibleError !== undefined || outcome.ackMs === undefined)
    throw new Error(`/k8s ${text}: Slack shows ${outcome.visibleError ?? 'nothing'}`);
  const root = await slack.waitFor(
    (w) => w.messages(where.channel).find((message) => message.own && !before.has(message.ts)),
    SCENE_TIMEOUT_MS,
  );
  const file = await slack.waitFor((w) => evidenceFile(w.thread(where.channel, root.ts)), SCENE_TIMEOUT_MS);
  const end = slack.messages(where.channel).find((message) => message.ts === root.ts) ?? root;
  const content = slack.files().find((stored) => stored.id === file)?.content;
  if (content === undefined) throw new Error(`/k8s ${text}: the thread names a file that is not there`);
  const judged = await judgeAgain(platform.folder, content);
  const last = end.frames.at(-1)?.at ?? Date.now();
  return {
    command: `/k8s ${text}`,
    ackMs: outcome.ackMs,
    seconds: (last - started) / 1000,
    root: end,
    thread: slack.thread(where.channel, root.ts),
    judged,
    shown: judged.causes.every((cause) => JSON.stringify(end.blocks).includes(cause.object.name)),
  };
}

function evidenceFile(thread: readonly StoredMessage[]): string | undefined {
  for (const message of thread) {
    const id = message.files[0]?.['id'];
    if (typeof id === 'string') return id;
  }
  return undefined;
}

/** Judges the thread's own evidence file with `kubewhy replay`, as anybody could. */
async function judgeAgain(folder: string, evidence: Buffer): Promise<Judged> {
  const file = join(folder, 'evidence.json');
  await writeFile(file, evidence);
  const child = spawn(process.execPath, [EXECUTABLE, 'replay', file, '--output', 'json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk;
  });
  await new Promise((resolve) => child.once('close', resolve));
  return Judged.parse(JSON.parse(out));
}
