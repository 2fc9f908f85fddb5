/** The whole product with fixes on, around a cluster that lives: bot, worker, remediator and agents as processes, and people. */
import { type FixResult, playFix } from '../../src/sandbox/demo/fix-scene.ts';
import { playScene, type SceneResult } from '../../src/sandbox/demo/scene.ts';
import { simplePolicy } from '../../src/sandbox/fix-setup.ts';
import { loadStage, STAGE_NUMBERS } from '../../src/sandbox/incidents/nodeport-30080/index.ts';
import { stageModel } from '../../src/sandbox/incidents/nodeport-30080/stages.ts';
import { type Platform, startPlatform } from '../../src/sandbox/platform.ts';
import type { SlackPerson } from '../../src/sandbox/slack/types.ts';
import type { SlackOptions, SlackWorkspace } from '../../src/sandbox/slack/workspace-types.ts';

export interface FixIncident {
  readonly platform: Platform;
  readonly channel: string;
  /** wsg asks and proposes; alice and bob may approve; carol is a member whom the policy does not name; gil is a guest. */
  readonly people: Readonly<Record<'wsg' | 'alice' | 'bob' | 'carol' | 'gil', SlackPerson>>;
  ask(text: string, by?: SlackPerson): Promise<SceneResult>;
  /** Proposes and has it approved by these, the last of whom may. */
  fix(scene: SceneResult, remediation: string, approvers?: readonly SlackPerson[]): Promise<FixResult>;
  close(): Promise<void>;
}

export interface FixIncidentOptions {
  /** 2 has an agent on the sick node; default. */
  readonly stage?: 1 | 2 | 3;
  readonly language?: 'en' | 'zh-cn';
  readonly speed?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly slack?: SlackOptions;
  /** The policy; default: alice and bob may approve everything, one of them is enough, and not what they asked for. */
  readonly policy?: (people: FixIncident['people'], slack: SlackWorkspace) => string;
}

/** Starts everything; end it with `close`. */
export async function startFixIncident(options: FixIncidentOptions = {}): Promise<FixIncident> {
  const { stage = 2, language, speed = 20, env, slack: workspace } = options;
  const stages = STAGE_NUMBERS.map((n) => loadStage(n));
  const nodes = new Set(stages.flatMap(({ hosts, agentless }) => [...hosts.map((host) => host.node), ...agentless]));
  const known: { people?: FixIncident['people'] } = {};
  const platform = await startPlatform({
    state: loadStage(stage),
    nodes: [...nodes],
    clusterName: 'prod',
    say: () => undefined,
    ...(language === undefined ? {} : { language }),
    ...(env === undefined ? {} : { env }),
    ...(workspace === undefined ? {} : { slack: workspace }),
    fixes: {
      model: stageModel(stage),
      speed,
      policy: (slack) => {
        const people = {
          wsg: slack.addUser({ name: 'wsg' }),
          alice: slack.addUser({ name: 'alice' }),
          bob: slack.addUser({ name: 'bob' }),
          carol: slack.addUser({ name: 'carol' }),
          gil: slack.addUser({ name: 'gil', kind: 'guest' }),
        };
        known.people = people;
        return options.policy?.(people, slack) ?? simplePolicy([people.alice.id, people.bob.id]);
      },
    },
  });
  const { people } = known;
  if (people === undefined) throw new Error('the platform never asked for a policy');
  const { slack } = platform;
  const channel = slack.addChannel({ name: 'incidents', members: Object.values(people).map(({ id }) => id) }).id;
  return {
    platform,
    channel,
    people,
    ask: (text, by = people.wsg) => playScene(platform, { user: by.id, channel }, text),
    fix: (scene, remediation, approvers = [people.alice]) =>
      playFix(platform, {
        channel,
        rootTs: scene.root.ts,
        remediation,
        requester: people.wsg.id,
        approvers: approvers.map(({ id }) => id),
      }),
    close: () => platform.close(),
  };
}
