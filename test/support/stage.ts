/** A Slack workspace, a Redis, a real bot and a real worker around a diagnosis that the test conducts. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createLog, type Log } from '../../src/adapters/log.ts';
import { Lifetime } from '../../src/adapters/shutdown.ts';
import { type Bot, startBot } from '../../src/bot/app.ts';
import { readBotConfig } from '../../src/config/bot.ts';
import { readWorkerConfig } from '../../src/config/worker.ts';
import { freePort } from '../../src/sandbox/free-port.ts';
import type { SlackPerson } from '../../src/sandbox/slack/types.ts';
import { startSlackWorkspace } from '../../src/sandbox/slack/workspace.ts';
import type { SlackOptions, SlackWorkspace } from '../../src/sandbox/slack/workspace-types.ts';
import { startWorker } from '../../src/worker/app.ts';
import { type FakeDiagnose, fakeDiagnose } from './fake-diagnose.ts';
import { type TestRedis, testRedis } from './redis.ts';

export interface Stage {
  readonly slack: SlackWorkspace;
  readonly redis: TestRedis;
  readonly bot: Bot;
  readonly fake: FakeDiagnose;
  readonly alice: SlackPerson;
  /** A public channel with alice and the bot in it. */
  readonly channel: string;
  readonly logs: string[];
  readonly env: Record<string, string>;
  readonly log: Log;
  startWorker(): Promise<Lifetime>;
  /** Waits until no job waits or runs. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

export interface StageOptions {
  readonly slack?: SlackOptions;
  readonly env?: Record<string, string>;
  /** Without a worker, jobs stay in the queue until `startWorker`. */
  readonly worker?: boolean;
  /** The longest that a diagnosis may take. */
  readonly mostMs?: number;
  /** HTTP mode in place of Socket Mode. */
  readonly http?: boolean;
}

const PATIENCE_MS = 25_000;

/** Starts everything; end it with `close`. */
export async function startStage(options: StageOptions = {}): Promise<Stage> {
  const port = options.http === true ? await freePort() : 0;
  const requestUrl = `http://127.0.0.1:${port}/slack/events`;
  const slackOptions = { ...options.slack, ...(port === 0 ? {} : { requestUrl }) };
  const [redis, workspace] = await Promise.all([testRedis(), startSlackWorkspace(slackOptions)]);
  const slack = patient(workspace);
  const logs: string[] = [];
  const log = createLog('test', 'debug', { write: (line) => void logs.push(line) });
  const env = {
    KUBEWHY_SLACK_BOT_TOKEN: slack.botToken,
    KUBEWHY_SLACK_APP_TOKEN: slack.appToken,
    KUBEWHY_SLACK_API_URL: slack.apiUrl,
    KUBEWHY_CLUSTER: 'prod',
    KUBEWHY_GRACE_SECONDS: '2',
    REDIS_URL: redis.url,
    ...(port === 0 ? {} : httpMode(slack, port)),
    ...options.env,
  };
  const fake = fakeDiagnose();
  const lifetime = new Lifetime(log);
  const bot = await startBot({ config: readBotConfig(env), log, lifetime });
  const workers: Lifetime[] = [];
  const start = async (): Promise<Lifetime> => {
    const own = new Lifetime(log);
    workers.push(own);
    await startWorker({
      config: readWorkerConfig({ ...env, KUBEWHY_CLUSTER: 'prod' }),
      log,
      lifetime: own,
      diagnose: fake.diagnose,
      lockMs: 2000,
      stalledMs: 500,
      progressMs: 50,
      ...(options.mostMs === undefined ? {} : { mostMs: options.mostMs }),
    });
    return own;
  };
  if (options.worker !== false) await start();
  const alice = slack.addUser({ name: 'alice' });
  const channel = slack.addChannel({ name: 'incidents', members: [alice.id] }).id;
  return {
    slack,
    redis,
    bot,
    fake,
    alice,
    channel,
    logs,
    env,
    log,
    startWorker: start,
    idle: () => idle(redis),
    async close() {
      fake.release();
      await Promise.all(workers.map((worker) => worker.close()));
      await lifetime.close();
      await slack.close();
      await redis.stop();
    },
  };
}

/** The workspace with a longer wait: the machine that runs the tests may be busy. */
function patient(workspace: SlackWorkspace): SlackWorkspace {
  return { ...workspace, waitFor: (predicate, ms = PATIENCE_MS) => workspace.waitFor(predicate, ms) };
}

function httpMode(slack: SlackWorkspace, port: number): Record<string, string> {
  return {
    KUBEWHY_SLACK_MODE: 'http',
    KUBEWHY_SLACK_SIGNING_SECRET: slack.signingSecret,
    KUBEWHY_HTTP_HOST: '127.0.0.1',
    KUBEWHY_HTTP_PORT: String(port),
  };
}

async function idle(redis: TestRedis): Promise<void> {
  const client = redis.connect();
  const keys = ['wait', 'active'].map((list) => `kubewhy-queue:kubewhy-diagnose-prod:${list}`);
  for (;;) {
    const lengths = await Promise.all(keys.map((key) => client.llen(key)));
    const delayed = await client.zcard('kubewhy-queue:kubewhy-diagnose-prod:delayed');
    if (lengths.every((length) => length === 0) && delayed === 0) break;
    await sleep(20);
  }
  client.disconnect();
}

/** Waits for the finished root message in a channel: the one that offers to run again. */
export function finishedRoot(slack: SlackWorkspace, channel: string, timeoutMs = PATIENCE_MS) {
  return slack.waitFor(
    (w) => w.messages(channel).find((m) => JSON.stringify(m.blocks).includes('diagnosis_again')),
    timeoutMs,
  );
}

/** Waits until the thread holds the evidence file, which comes last. */
export async function wholeThread(slack: SlackWorkspace, channel: string, rootTs: string, timeoutMs = PATIENCE_MS) {
  await slack.waitFor((w) => w.thread(channel, rootTs).some((m) => m.files.length > 0), timeoutMs);
  return slack.thread(channel, rootTs);
}
