/** The whole product around the recorded incident: real bot, worker and agents as processes, asked through Slack's front door. */
import { blockLines } from '../../src/sandbox/demo/block-text.ts';
import { playScene, type SceneResult } from '../../src/sandbox/demo/scene.ts';
import {
  loadStage,
  type RecordedStage,
  STAGE_NUMBERS,
  type StageNumber,
} from '../../src/sandbox/incidents/nodeport-30080/index.ts';
import { type Platform, type PlatformOptions, startPlatform } from '../../src/sandbox/platform.ts';
import type { SlackPerson, StoredMessage } from '../../src/sandbox/slack/types.ts';

export interface Incident {
  readonly platform: Platform;
  readonly person: SlackPerson;
  /** A public channel with the person and the bot in it. */
  readonly channel: string;
  /** Puts another stage into the cluster. */
  load(stage: StageNumber): Promise<RecordedStage>;
  /** Types a slash command and follows it until its thread holds the evidence file. */
  ask(text: string): Promise<SceneResult>;
  close(): Promise<void>;
}

export type IncidentOptions = Partial<Pick<PlatformOptions, 'language' | 'slack' | 'env'>> & {
  readonly stage?: StageNumber;
  readonly locale?: string;
};

/** Starts everything; end it with `close`. */
export async function startIncident(options: IncidentOptions = {}): Promise<Incident> {
  const { stage = 1, locale, ...more } = options;
  const stages = STAGE_NUMBERS.map((n) => loadStage(n));
  const nodes = new Set(stages.flatMap(({ hosts, agentless }) => [...hosts.map((host) => host.node), ...agentless]));
  const platform = await startPlatform({
    state: loadStage(stage),
    nodes: [...nodes],
    clusterName: 'prod',
    say: () => undefined,
    ...more,
  });
  const { slack } = platform;
  const person = slack.addUser({ name: 'wsg', ...(locale === undefined ? {} : { locale }) });
  const channel = slack.addChannel({ name: 'incidents', members: [person.id] }).id;
  return {
    platform,
    person,
    channel,
    async load(next) {
      const state = loadStage(next);
      await platform.cluster.load(state);
      return state;
    },
    ask: (text) => playScene(platform, { user: person.id, channel }, text),
    close: () => platform.close(),
  };
}

/** What a person reads in a message, line by line. */
export function linesOf(message: StoredMessage): string[] {
  return blockLines(message, (id) => id).map((line) => line.trimEnd());
}

/** The messages of a thread by their heading, each as one text; what has none stands under `''`. */
export function sectionsOf(thread: readonly StoredMessage[]): Map<string, string> {
  const sections = new Map<string, string>();
  let heading = '';
  for (const line of thread.flatMap(linesOf)) {
    if (line.startsWith('▌')) heading = line.slice(1);
    else sections.set(heading, `${sections.get(heading) ?? ''}${line}\n`);
  }
  return sections;
}
