/** `npm run demo`: plays the recorded incident as people would live it, with the real bot and the real worker. */
import { loadStage, type RecordedStage } from '../incidents/nodeport-30080/index.ts';
import { type Platform, startPlatform } from '../platform.ts';
import { type Printer, printAnswer, printQuestion, printTable, type Row } from './print.ts';
import { playScene, type SceneResult } from './scene.ts';

/** What the incident's engineers found out in the end: the verdict that each stage must get. */
const EXPECTED = {
  1: { verdict: 'cause-found', causes: ['calico-node-ip-mismatch Node/k8smater1'] },
  2: { verdict: 'cause-found', causes: ['kubelet-swap-on Node/k8scephnode'] },
  3: { verdict: 'cause-found', causes: ['calico-node-ip-mismatch Node/k8smater1'] },
  4: { verdict: 'no-fault-found', causes: [] },
} as const;
const STAGES = [1, 2, 3, 4] as const;
/** The exit code of a program that was interrupted. */
const INTERRUPTED = 130;

export interface DemoOptions {
  readonly keep: boolean;
  readonly json: boolean;
  readonly language: 'en' | 'zh-cn';
}

interface Played {
  readonly stage: RecordedStage;
  readonly scene: SceneResult;
  readonly right: boolean;
}

/** Runs the demo. @returns 0 only where all four verdicts are right. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const say = (line: string): void => void (options.json ? process.stderr : process.stdout).write(`${line}\n`);
  const stages = STAGES.map((n) => loadStage(n));
  const [first] = stages;
  if (first === undefined) throw new Error('The recorded incident has no stage.');
  say(
    'kubewhy demo: a private Redis, a simulated Slack workspace, the recorded cluster, its agents, and the real bot and worker.',
  );
  const nodes = [...new Set(stages.flatMap((stage) => [...stage.hosts.map((host) => host.node), ...stage.agentless]))];
  const stop = new AbortController();
  const interrupted = onInterrupt(() => stop.abort());
  let platform: Platform | undefined;
  try {
    platform = await startPlatform({ state: first, nodes, clusterName: 'prod', language: options.language, say });
    if (stop.signal.aborted) return INTERRUPTED;
    const played = await Promise.race([play(platform, stages, options), interrupted]);
    if (played === undefined) return INTERRUPTED;
    const ok = played.every((p) => p.right);
    if (options.json) process.stdout.write(`${JSON.stringify(summary(played, ok), null, 2)}\n`);
    else printEnd(printerFor(platform), played, ok);
    if (options.keep) {
      await keepRunning(platform, stages, say);
      await interrupted;
    }
    return ok ? 0 : 1;
  } finally {
    await platform?.close();
    // A scene that was being played waits for what will not come any more.
    if (stop.signal.aborted && !options.keep) process.exit(INTERRUPTED);
  }
}

async function play(platform: Platform, stages: readonly RecordedStage[], options: DemoOptions): Promise<Played[]> {
  const { slack } = platform;
  const wsg = slack.addUser({ name: 'wsg' });
  const channel = slack.addChannel({ name: 'incidents', members: [wsg.id] });
  const printer = printerFor(platform);
  const played: Played[] = [];
  for (const [i, stage] of stages.entries()) {
    if (i > 0) await platform.cluster.load(stage);
    if (!options.json)
      printQuestion(printer, `Stage ${i + 1} of ${stages.length}: ${stage.title}`, wsg.name, stage.command);
    const scene = await playScene(platform, { user: wsg.id, channel: channel.id }, stage.question.join(' '));
    if (!options.json) printAnswer(printer, scene);
    const expected = EXPECTED[(i + 1) as keyof typeof EXPECTED];
    const causes = scene.judged.causes.map((cause) => `${cause.rule} ${cause.object.kind}/${cause.object.name}`);
    const right = scene.judged.verdict === expected.verdict && causes.join() === expected.causes.join() && scene.shown;
    played.push({ stage, scene, right });
  }
  return played;
}

function printerFor(platform: Platform): Printer {
  const nameOf = (id: string): string => {
    const name = platform.slack.person(id)['name'];
    return typeof name === 'string' ? name : id;
  };
  return {
    out: (text) => void process.stdout.write(text),
    colour: process.stdout.isTTY === true,
    columns: process.stdout.columns ?? 100,
    nameOf,
  };
}

function summary(played: readonly Played[], ok: boolean): unknown {
  const scenes = played.map(({ stage, scene }) => ({
    name: stage.name,
    command: scene.command,
    verdict: scene.judged.verdict,
    causes: scene.judged.causes.map(({ rule, object }) => ({ rule, object })),
    ackMs: Math.round(scene.ackMs * 10) / 10,
    seconds: Math.round(scene.seconds * 100) / 100,
  }));
  return { scenes, ok };
}

function printEnd(printer: Printer, played: readonly Played[], ok: boolean): void {
  const rows = played.map(({ scene, right }): Row => {
    const cause = scene.judged.causes.map((c) => `${c.rule} (${c.object.kind}/${c.object.name})`).join(', ');
    return {
      question: scene.command,
      verdict: scene.judged.verdict,
      cause: cause === '' ? '–' : cause,
      seconds: scene.seconds.toFixed(1),
      right,
    };
  });
  printTable(printer, rows);
  printer.out(`\n${ok ? 'All four verdicts are right.' : 'NOT all verdicts are right.'}\n`);
  printer.out('Next: npm run demo -- --keep leaves all of this running, for kubectl and npx kubewhy.\n');
}

async function keepRunning(
  platform: Platform,
  stages: readonly RecordedStage[],
  say: (line: string) => void,
): Promise<void> {
  const [first] = stages;
  if (first !== undefined) await platform.cluster.load(first);
  const { kubeconfigFile, agentMap, tls } = platform.cluster;
  say('');
  say('The cluster is back in stage 1 and keeps running. In another terminal:');
  say(`  export KUBECONFIG=${kubeconfigFile}`);
  say('  kubectl get nodes -o wide');
  say(`  npx kubewhy why-not-reachable 30080 --agents ${agentMap} \\`);
  say(`    --agent-ca ${tls.ca} --agent-cert ${tls.cert} --agent-key ${tls.key}`);
  say(`  Slack's Web API: ${platform.slack.apiUrl}   Redis: ${platform.redisUrl}`);
  say('Ctrl-C ends everything.');
}

/** Resolves with undefined at the first Ctrl-C or SIGTERM; the caller then ends what it started. */
function onInterrupt(listener: () => void): Promise<undefined> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        listener();
        resolve(undefined);
      });
    }
  });
}
