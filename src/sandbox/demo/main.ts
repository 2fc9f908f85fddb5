/** `npm run demo`: plays the recorded incident and its repair as people would live them, with the real bot, worker and remediator. */
import { simplePolicy } from '../fix-setup.ts';
import { loadStage, type RecordedStage, settleHost, stageModel } from '../incidents/nodeport-30080/index.ts';
import { type Platform, startPlatform } from '../platform.ts';
import type { SlackPerson } from '../slack/types.ts';
import type { SlackWorkspace } from '../slack/workspace-types.ts';
import { type FixResult, playFix } from './fix-scene.ts';
import { keepRunning, onInterrupt } from './keep-running.ts';
import { printAnswer, printerFor, printFix, printQuestion, printTable, type Row } from './print.ts';
import { playScene, type SceneResult } from './scene.ts';
import { type Act, type AskAct, type FixAct, SCRIPT } from './script.ts';

/** The exit code of a program that was interrupted. */
const INTERRUPTED = 130;
/** Consequences of writes come so many times faster than in life: nobody wants to watch a minute of a roll-out. */
const SPEED = 20;
/** So is the time for which a fix is watched: what an operator puts back after 20 s is put back here after one. */
const STEADY_SECONDS = 4;

export interface DemoOptions {
  readonly keep: boolean;
  readonly json: boolean;
  readonly language: 'en' | 'zh-cn';
}

/** What came of one act. A fix keeps the answer under which it was proposed. */
type Played =
  | { readonly act: AskAct; readonly scene: SceneResult; readonly right: boolean }
  | { readonly act: FixAct; readonly scene: SceneResult; readonly fix: FixResult; readonly right: boolean };

type People = Readonly<Record<'wsg' | 'alice' | 'gil', SlackPerson>>;

/** Runs the demo. @returns 0 only where every verdict is right and every fix ended as it must. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const say = (line: string): void => void (options.json ? process.stderr : process.stdout).write(`${line}\n`);
  const stages = SCRIPT.map(({ number }) => loadStage(number));
  const [first] = stages;
  if (first === undefined) throw new Error('The recorded incident has no stage.');
  say(
    'kubewhy demo: a private Redis, a simulated Slack workspace, the recorded cluster, its agents, and the real bot, worker and remediator.',
  );
  const nodes = [...new Set(stages.flatMap((stage) => [...stage.hosts.map((host) => host.node), ...stage.agentless]))];
  const stop = new AbortController();
  const interrupted = onInterrupt(() => stop.abort());
  const known: { people?: People } = {};
  let platform: Platform | undefined;
  try {
    platform = await startPlatform({
      state: first,
      nodes,
      clusterName: 'prod',
      language: options.language,
      say,
      env: { KUBEWHY_STEADY_SECONDS: String(STEADY_SECONDS) },
      fixes: {
        model: stageModel(1),
        speed: SPEED,
        hostNotes: settleHost,
        policy: (slack) => {
          known.people = peopleIn(slack);
          return simplePolicy([known.people.alice.id]);
        },
      },
    });
    if (stop.signal.aborted || known.people === undefined) return INTERRUPTED;
    const played = await Promise.race([play(platform, known.people, stages, options), interrupted]);
    if (played === undefined) return INTERRUPTED;
    const ok = played.every((one) => one.right);
    if (options.json) process.stdout.write(`${JSON.stringify(summary(played, ok), null, 2)}\n`);
    else printEnd(platform, played, ok);
    if (options.keep) {
      await keepRunning(platform, first, stageModel(1), say);
      await interrupted;
    }
    return ok ? 0 : 1;
  } finally {
    await platform?.close();
    // A scene that was being played waits for what will not come any more.
    if (stop.signal.aborted && !options.keep) process.exit(INTERRUPTED);
  }
}

/** wsg asks and proposes; alice may approve; gil is a guest of the workspace. */
function peopleIn(slack: SlackWorkspace): People {
  return {
    wsg: slack.addUser({ name: 'wsg' }),
    alice: slack.addUser({ name: 'alice' }),
    gil: slack.addUser({ name: 'gil', kind: 'guest' }),
  };
}

async function play(
  platform: Platform,
  people: People,
  stages: readonly RecordedStage[],
  options: DemoOptions,
): Promise<Played[]> {
  const members = Object.values(people).map(({ id }) => id);
  const channel = platform.slack.addChannel({ name: 'incidents', members }).id;
  const played: Played[] = [];
  for (const [i, { number, living, acts }] of SCRIPT.entries()) {
    const stage = stages[i];
    if (stage === undefined) continue;
    if (i > 0) await platform.cluster.load(stage, ...(living ? [stageModel(number)] : []));
    let scene: SceneResult | undefined;
    for (const [k, act] of acts.entries()) {
      const title = k === 0 ? `Stage ${number} of ${SCRIPT.length}: ${stage.title}` : `Stage ${number}, ${act.title}`;
      const one = await playAct(platform, { people, channel, stage, scene, title, options }, act);
      scene = one.scene;
      played.push(one);
    }
  }
  return played;
}

interface Moment {
  readonly people: People;
  readonly channel: string;
  readonly stage: RecordedStage;
  /** The last answer, under which a fix is proposed. */
  readonly scene: SceneResult | undefined;
  readonly title: string;
  readonly options: DemoOptions;
}

async function playAct(platform: Platform, moment: Moment, act: Act): Promise<Played> {
  const { people, channel, stage, scene, title, options } = moment;
  const printer = printerFor(platform);
  if (act.kind === 'ask') {
    const text = act.question ?? stage.question.join(' ');
    if (!options.json) printQuestion(printer, title, people.wsg.name, `/k8s ${text}`);
    const answer = await playScene(platform, { user: people.wsg.id, channel }, text);
    if (!options.json) printAnswer(printer, answer);
    const causes = answer.judged.causes
      .map((cause) => `${cause.rule} ${cause.object.kind}/${cause.object.name}`)
      .sort();
    const right = answer.judged.verdict === act.verdict && causes.join() === act.causes.join() && answer.shown;
    return { act, scene: answer, right };
  }
  if (scene === undefined) throw new Error(`${act.name}: there is no report to propose a fix under.`);
  if (!options.json) printQuestion(printer, title, people.wsg.name, `[ Propose fix ]  ${act.remediation}`);
  const fix = await playFix(platform, {
    channel,
    rootTs: scene.root.ts,
    remediation: act.remediation,
    requester: people.wsg.id,
    approvers: act.approvers.map((name) => people[name].id),
  });
  if (!options.json) printFix(printer, fix);
  return { act, scene, fix, right: fix.state === act.state && fix.refusedClicks === act.refusedClicks };
}

function summary(played: readonly Played[], ok: boolean): unknown {
  const scenes = played.map((one) => {
    const { act, scene } = one;
    const judged = {
      verdict: scene.judged.verdict,
      causes: scene.judged.causes.map(({ rule, object }) => ({ rule, object })),
    };
    if (!('fix' in one)) {
      const times = { ackMs: rounded(scene.ackMs, 1), seconds: rounded(scene.seconds, 2) };
      return { name: act.name, command: scene.command, ...judged, ...times };
    }
    const { remediation, state, refusedClicks, ackMs, seconds } = one.fix;
    return {
      name: act.name,
      command: `Propose fix: ${remediation}`,
      ...judged,
      fix: { remediation, state, refusedClicks },
      ackMs: rounded(ackMs, 1),
      seconds: rounded(seconds, 2),
    };
  });
  return { scenes, ok };
}

function rounded(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}

function printEnd(platform: Platform, played: readonly Played[], ok: boolean): void {
  const printer = printerFor(platform);
  const rows = played.map((one): Row => {
    const { scene, right } = one;
    if ('fix' in one) {
      const { remediation, state, refusedClicks, seconds } = one.fix;
      const refused = refusedClicks === 0 ? '–' : `${refusedClicks} click refused`;
      return { question: `  fix ${remediation}`, verdict: state, cause: refused, seconds: seconds.toFixed(1), right };
    }
    const cause = scene.judged.causes.map((c) => `${c.rule} (${c.object.kind}/${c.object.name})`).join(', ');
    const seconds = scene.seconds.toFixed(1);
    return { question: scene.command, verdict: scene.judged.verdict, cause: cause || '–', seconds, right };
  });
  printTable(printer, rows);
  const good = 'All verdicts are right, and every fix ended as it should.';
  printer.out(`\n${ok ? good : 'NOT everything is right.'}\n`);
  printer.out('Next: npm run demo -- --keep leaves all of this running, for kubectl and npx kubewhy.\n');
}
