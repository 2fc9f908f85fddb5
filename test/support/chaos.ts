/** Misfortune by a seed: what is killed, restarted, hung or answered wrongly, and when; and a supervisor that restarts as Kubernetes would. */

import type { Random } from '../../src/sandbox/cluster/simulate/random.ts';
import { type RunningProcess, startProcess } from '../../src/sandbox/processes.ts';
import type { Fault } from '../../src/sandbox/slack/faults.ts';
import type { Incident } from './incident.ts';

/** Processes that are started again whenever they end. */
export interface Supervisor {
  /** Kills with -9; the next one starts at once. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** Takes over a process of the platform. */
export function supervise(
  name: 'bot' | 'worker',
  first: RunningProcess,
  env: Readonly<Record<string, string>>,
): Supervisor {
  let current: Promise<RunningProcess> = Promise.resolve(first);
  let stopping = false;
  const start = async (): Promise<RunningProcess> => {
    for (;;) {
      try {
        return await startProcess({ name, args: [name], env, ready: `${name} ready` });
      } catch (error) {
        // Slack or Redis may be away at that moment: Kubernetes starts it again.
        if (stopping) throw error;
      }
    }
  };
  return {
    async kill() {
      const process = await current;
      process.kill('SIGKILL');
      await process.exited;
      current = start();
      current.catch(() => undefined);
    },
    async stop() {
      stopping = true;
      await current.then(
        (process) => process.stop(),
        () => undefined,
      );
    },
  };
}

/** One misfortune: what a failed test prints, and how it happens. */
export interface Misfortune {
  readonly what: string;
  happen(): Promise<void> | void;
}

const SLACK_METHODS = [
  'chat.postMessage',
  'chat.postMessage',
  'chat.update',
  'files.getUploadURLExternal',
  'files.completeUploadExternal',
  'users.info',
  'conversations.info',
  'conversations.replies',
  'conversations.history',
  'apps.connections.open',
] as const;
const SLACK_FAULTS: readonly Fault[] = [
  { status: 429, retryAfter: 1 },
  { status: 500 },
  { status: 503, times: 2 },
  { storeThenFail: true },
  { storeThenFail: true },
  { reset: true },
  { error: 'internal_error' },
];
const API_FAULTS = [
  { reset: true, times: 2 },
  { status: 503, times: 2 },
  { truncateBody: true, times: 1 },
  { garbage: true, times: 1 },
  { hang: true, times: 1 },
  { status: 429, times: 2 },
] as const;
const API_PATHS = [/./, /\/nodes/, /\/services|\/endpoints/, /\/pods/, /crd\.projectcalico\.org/];

/** So many misfortunes, the same for the same seed. Each kind of kill is among them where there is room. */
export function misfortunes(
  random: Random,
  count: number,
  incident: Incident,
  processes: { readonly bot: Supervisor; readonly worker: Supervisor },
): Misfortune[] {
  const { slack, cluster, redis } = incident.platform;
  const slackFault = (): Misfortune => {
    const method = random.pick(SLACK_METHODS);
    const fault = random.chance(0.1) ? { hang: true } : random.pick(SLACK_FAULTS);
    return { what: `Slack: ${method} ${JSON.stringify(fault)}`, happen: () => slack.faults.next(method, fault) };
  };
  const apiFault = (): Misfortune => {
    const path = random.pick(API_PATHS);
    const effect = random.pick(API_FAULTS);
    return {
      what: `API server: ${path.source} ${JSON.stringify(effect)}`,
      happen: () => cluster.api.faults.set({ path }, effect),
    };
  };
  const agent = (): Misfortune => {
    const node = random.pick(['k8smater1', 'k8smaster2']);
    return { what: `the agent of ${node} hangs`, happen: () => cluster.agents.get(node)?.kill('SIGSTOP') };
  };
  const kinds: (() => Misfortune)[] = [
    () => ({ what: 'kill -9 worker', happen: () => processes.worker.kill() }),
    () => ({ what: 'kill -9 bot', happen: () => processes.bot.kill() }),
    () => ({ what: 'Redis restarts', happen: () => redis.restart() }),
    () => ({ what: 'API server drops all connections', happen: () => cluster.api.dropConnections() }),
    () => ({ what: 'Slack closes a socket', happen: () => slack.faults.closeSockets('refresh_requested', 1) }),
    slackFault,
    slackFault,
    slackFault,
    apiFault,
    agent,
  ];
  const sure = random.some(kinds.slice(0, 3), Math.min(3, count));
  const rest = Array.from({ length: count - sure.length }, () => random.pick(kinds));
  return shuffled([...sure, ...rest], random).map((make) => make());
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  return list
    .map((item) => ({ item, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** Agents that were stopped go on, so that they can be ended. */
export function wakeAgents(incident: Incident): void {
  for (const agent of incident.platform.cluster.agents.values()) agent.kill('SIGCONT');
}
