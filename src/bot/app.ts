/** The bot put together: Redis, Slack, Bolt with its receivers, and what they need. */
import { createHash } from 'node:crypto';
import { App, HTTPReceiver, type Receiver } from '@slack/bolt';
import { openHealth } from '../adapters/health.ts';
import type { Log } from '../adapters/log.ts';
import { createProducer } from '../adapters/queue/producer.ts';
import type { Lifetime } from '../adapters/shutdown.ts';
import { slackLogger } from '../adapters/slack/bolt-logger.ts';
import { createBudget } from '../adapters/slack/budget.ts';
import { createSlackClient } from '../adapters/slack/client.ts';
import { identify } from '../adapters/slack/identity.ts';
import { createSockets, type Sockets } from '../adapters/slack/sockets.ts';
import { createInbox } from '../adapters/store/inbox.ts';
import { createLimits } from '../adapters/store/limits.ts';
import { createQuestions } from '../adapters/store/questions.ts';
import { createRecent } from '../adapters/store/recent.ts';
import { closeRedis, connectRedis, redisReady } from '../adapters/store/redis.ts';
import { createResults } from '../adapters/store/results.ts';
import { createCancels, createRunning } from '../adapters/store/running.ts';
import type { BotConfig } from '../config/bot.ts';
import type { BotDeps } from './context.ts';
import { Directory } from './directory.ts';
import { openFixes } from './fixes/fix-deps.ts';
import { trouble } from './handle.ts';
import { Inbox } from './inbox.ts';
import { registerListeners } from './listeners.ts';

export interface BotOptions {
  readonly config: BotConfig;
  readonly log: Log;
  readonly lifetime: Lifetime;
}

export interface Bot {
  /** In http mode: the port that Slack's requests come to. */
  readonly port?: number;
  /** Socket Mode connections that are open now. */
  openSockets(): number;
}

/** Two connections: while one is renewed, commands come through the other (facts/slack.md §0.7). */
const SOCKETS = 2;
const REDIS_WAIT_MS = 3000;
const RESPOND_MS = 10_000;
/** What the bot lists is kept as long as workers keep it; these are upper bounds. */
const KEEP = { keepSeconds: 3650 * 24 * 3600, most: 100_000, mostBytes: 64 * 1024 * 1024 };

/**
 * Starts the bot; resolves when it receives what Slack sends. Everything that it opens is closed by `lifetime`.
 * @throws where Slack refuses a token, or the port is taken.
 */
export async function startBot(options: BotOptions): Promise<Bot> {
  const { config, log, lifetime } = options;
  const redis = connectRedis(config.redisUrl, 'fail-fast', log);
  lifetime.onClose('redis', () => closeRedis(redis));
  const workspace = createHash('sha256').update(config.botToken).digest('hex').slice(0, 12);
  const logger = slackLogger(log);
  const slack = createSlackClient({
    token: config.botToken,
    apiUrl: config.apiUrl,
    budget: createBudget(redis, workspace, log),
    log,
    logger,
  });
  const me = await identify(slack, log);
  // Without Redis the bot starts all the same: it must be able to say that Redis is gone.
  await redisReady(redis, REDIS_WAIT_MS).catch((error: unknown) => log.warn({ err: error }, 'starting without redis'));
  const producer = createProducer(redis, (error) => log.warn({ err: error }, 'queue error'));
  lifetime.onClose('queue', () => producer.close());
  const fix = openFixes(config, redis, log);
  if (fix !== undefined) lifetime.onClose('fix queues', () => fix.close());
  const deps: BotDeps = {
    settings: {
      command: config.command,
      clusters: config.clusters,
      language: config.language,
      perPerson: config.perPerson,
      perCluster: config.perCluster,
    },
    botUserId: me.userId,
    policy: {
      teamId: me.teamId,
      people: config.people,
      ...(me.enterpriseId === undefined ? {} : { enterpriseId: me.enterpriseId }),
    },
    directory: new Directory(slack, log),
    slack,
    producer,
    limits: createLimits(redis),
    questions: createQuestions(redis, log),
    recent: createRecent(redis, KEEP, log),
    results: createResults(redis, KEEP, log),
    running: createRunning(redis),
    cancels: createCancels(redis),
    fix: fix?.deps,
    redisBack: (ms) =>
      ms <= 0
        ? Promise.resolve(false)
        : redisReady(redis, ms).then(
            () => true,
            () => false,
          ),
    log,
  };
  const receivers = config.mode === 'socket' ? socketReceivers(config, log) : httpReceiver(config, log);
  const app = new App({
    receiver: receivers.first,
    // The identity is known: Bolt need not ask for it with every request.
    authorize: () =>
      Promise.resolve({ botToken: config.botToken, botUserId: me.userId, botId: me.botId, teamId: me.teamId }),
    clientOptions: {
      slackApiUrl: config.apiUrl,
      retryConfig: { retries: 0 },
      timeout: RESPOND_MS,
      fetch: (url, init) => fetch(url, { ...init, signal: init?.signal ?? AbortSignal.timeout(RESPOND_MS) }),
    },
    logger,
    convoStore: false,
  });
  app.error(async (error) => {
    trouble(error, config.language, deps);
    return Promise.resolve();
  });
  const inbox = new Inbox(createInbox(redis), deps);
  registerListeners(app, deps, inbox);
  // Closed after the sockets: what came in through them is still done.
  lifetime.onClose('inbox', () => inbox.close());
  const bot = await receivers.open(app, lifetime);
  inbox.start();
  if (config.healthPort > 0) {
    const ready = (): string | undefined => {
      if (bot.port === undefined && bot.openSockets() === 0) return 'no connection to Slack is open';
      return redis.status === 'ready' ? undefined : 'redis cannot be reached';
    };
    const health = await openHealth({ host: config.healthHost, port: config.healthPort, ready });
    lifetime.onClose('health', () => health.close());
  }
  return bot;
}

interface Receivers {
  readonly first: Receiver;
  open(app: App, lifetime: Lifetime): Promise<Bot>;
}

function socketReceivers(config: BotConfig, log: Log): Receivers {
  const sockets: Sockets = createSockets({
    appToken: config.appToken ?? '',
    apiUrl: config.apiUrl,
    count: SOCKETS,
    log,
    logger: slackLogger(log),
  });
  const [first, ...others] = sockets.receivers;
  if (first === undefined) throw new Error('no socket receivers');
  return {
    first,
    async open(app, lifetime) {
      for (const receiver of others) receiver.init(app);
      lifetime.onClose('sockets', () => sockets.close());
      await sockets.open((error) => lifetime.fail(error));
      return { openSockets: () => sockets.openCount() };
    },
  };
}

function httpReceiver(config: BotConfig, log: Log): Receivers {
  const first = new HTTPReceiver({ signingSecret: config.signingSecret ?? '', logger: slackLogger(log) });
  return {
    first,
    async open(_app, lifetime) {
      const server = await first.start({ host: config.httpHost, port: config.httpPort });
      lifetime.onClose('http', async () => {
        server.closeIdleConnections();
        await first.stop();
      });
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : config.httpPort;
      return { port, openSockets: () => 0 };
    },
  };
}
