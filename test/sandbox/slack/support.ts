/** What the emulator's own tests share: a workspace with people in it, and real Slack clients and apps pointed at it. */
import { App, HTTPReceiver, LogLevel, SocketModeReceiver } from '@slack/bolt';
import { WebClient, type WebClientOptions } from '@slack/web-api';
import { afterEach } from 'vitest';
import { startSlackWorkspace } from '../../../src/sandbox/slack/workspace.ts';
import type { SlackOptions, SlackWorkspace } from '../../../src/sandbox/slack/workspace-types.ts';

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Runs after the test, last in first out. */
export function atEnd(cleanup: () => Promise<unknown>): void {
  cleanups.push(cleanup);
}

export interface Scene {
  w: SlackWorkspace;
  alice: string;
  channel: string;
  web: WebClient;
}

const quiet: WebClientOptions = { retryConfig: { retries: 0 }, timeout: 5000, logLevel: LogLevel.ERROR };

export function webClient(
  w: SlackWorkspace,
  token: string | undefined = w.botToken,
  options: WebClientOptions = {},
): WebClient {
  return new WebClient(token, { ...quiet, slackApiUrl: w.apiUrl, ...options });
}

/** A workspace with Alice in #incidents, and a Web API client of the bot. */
export async function scene(options: SlackOptions = {}): Promise<Scene> {
  const w = await startSlackWorkspace(options);
  atEnd(() => w.close());
  const alice = w.addUser({ name: 'alice', locale: 'de-DE' }).id;
  const channel = w.addChannel({ name: 'incidents', members: [alice] }).id;
  return { w, alice, channel, web: webClient(w) };
}

/** The error code that a Web API call is refused with; fails when it succeeds. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  return (await refusalData(call)).error;
}

/** The whole answer of a refused call. */
export async function refusalData(call: Promise<unknown>): Promise<{ error: string; [more: string]: unknown }> {
  try {
    await call;
  } catch (error) {
    const data = (error as { data?: { error: string } }).data;
    if (data) return data;
    throw error;
  }
  throw new Error('the call was expected to be refused, but it succeeded');
}

function makeReceiver(w: SlackWorkspace): SocketModeReceiver {
  const clientOptions = { ...quiet, slackApiUrl: w.apiUrl };
  return new SocketModeReceiver({
    appToken: w.appToken,
    logLevel: LogLevel.ERROR,
    clientPingTimeout: 300,
    installerOptions: { clientOptions },
  });
}

/** A Bolt app over Socket Mode, with the short reconnect gap of `clientPingTimeout`. Listeners are added before it starts. */
export async function socketApp(w: SlackWorkspace, prepare: (app: App) => void): Promise<{ app: App }> {
  const receiver = makeReceiver(w);
  const clientOptions = { ...quiet, slackApiUrl: w.apiUrl };
  const app = new App({
    token: w.botToken,
    receiver,
    clientOptions,
    logLevel: LogLevel.ERROR,
    deferInitialization: true,
  });
  prepare(app);
  await app.init();
  await app.start();
  // stop() resolves before the socket is closed (facts/slack.md §2.4).
  atEnd(async () => {
    await app.stop();
    await w.waitFor((x) => x.openSockets() === 0);
  });
  await w.waitFor((x) => x.openSockets() > 0);
  return { app };
}

/** A second receiver for a running app, as facts/slack.md §2.4 advises against the reconnect gap. */
export async function secondReceiver(w: SlackWorkspace, app: App): Promise<void> {
  const receiver = makeReceiver(w);
  receiver.init(app);
  await receiver.start();
  atEnd(() => receiver.stop());
  await w.waitFor((x) => x.openSockets() > 1);
}

/** A Bolt app over signed HTTP and a workspace that sends to it. */
export async function httpApp(options: SlackOptions, prepare: (app: App, w: SlackWorkspace) => void): Promise<Scene> {
  const made = await scene(options);
  const receiver = new HTTPReceiver({ signingSecret: made.w.signingSecret, logLevel: LogLevel.ERROR });
  const server = await receiver.start(0);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  made.w.useHttp(`http://127.0.0.1:${port}/slack/events`);
  const clientOptions = { ...quiet, slackApiUrl: made.w.apiUrl };
  const app = new App({
    token: made.w.botToken,
    receiver,
    clientOptions,
    logLevel: LogLevel.ERROR,
    deferInitialization: true,
  });
  prepare(app, made.w);
  await app.init();
  atEnd(() => receiver.stop());
  return made;
}
