/** The recorded incident, asked about in Slack and from the terminal: times by phase, requests, bytes, memory. */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { loadStage } from '../incidents/nodeport-30080/index.ts';
import { type RecordedCluster, startRecordedCluster } from '../recorded-cluster.ts';
import { type Figures, median, quantile, shown } from './figures.ts';
import { childrenWith, peakMemory, runKubewhy } from './processes.ts';
import { type Answered, askInSlack, Evidence } from './question.ts';
import { type Rig, terminalFlags } from './rig.ts';
import { startSilentServer } from './silent-server.ts';

/** 2 s, and the 2 s that a probe waits for an address that does not answer. */
const VERDICT_MS = 4000;
const VERDICT_AIM = '< 2 s + the longest probe time-out (2 s)';
const CLI = 'Terminal';

/** How often each question is asked; the middle one counts. */
export interface Repeats {
  readonly slack: number;
  /** With an agent that hangs; 0 leaves it out. */
  readonly hanging: number;
  readonly terminal: number;
  readonly help: number;
}

/** Measures stage 1 of the incident. Ends what it starts, except the rig. */
export async function measureIncident(
  rig: Rig,
  folder: string,
  repeats: Repeats,
  figures: Figures,
  say: (line: string) => void,
): Promise<void> {
  const stage = loadStage(1);
  const nodes = [...stage.hosts.map((host) => host.node), ...stage.agentless];
  const cluster = await startRecordedCluster(join(folder, 'incident'), stage, nodes);
  try {
    const text = stage.question.join(' ');
    await inSlack(
      rig,
      cluster,
      { text, agentless: stage.agentless, times: repeats.slack, hanging: repeats.hanging, say },
      figures,
    );
    say('  from the terminal');
    await fromTerminal(cluster, { folder, question: stage.question, repeats }, figures);
    const agents = await Promise.all((await childrenWith('agent')).map(peakMemory));
    const peaks = agents.flatMap((peak) => peak ?? []);
    const note = `the largest of ${peaks.length}; each also holds its recorded host in memory`;
    figures.add('Peak memory', 'agent', 'bytes', quantile(peaks, 1), { below: 80e6, note });
  } finally {
    await cluster.close();
  }
}

interface Asking {
  readonly text: string;
  readonly agentless: readonly string[];
  readonly times: number;
  readonly hanging: number;
  readonly say: (line: string) => void;
}

async function inSlack(rig: Rig, cluster: RecordedCluster, asking: Asking, figures: Figures): Promise<void> {
  const worker = await rig.startWorker(cluster);
  try {
    const before = cluster.api.requests.length;
    const first = await askInSlack(rig.slack, asking.text);
    // A fresh worker loads and connects during its first question; it counts where no other is asked.
    const later = await repeat(asking.times - 1, () => askInSlack(rig.slack, asking.text));
    const answers = later.length > 0 ? later : [first];
    const requests = cluster.api.requests.slice(before);
    const bytes = requests.reduce((sum, request) => sum + request.bytes, 0);
    const where = `every agent that runs answers; ${asking.agentless.length} node has none, its port refuses`;
    phases('Stage 1 in Slack', answers, where, figures);
    figures.add('Stage 1 in Slack', 'a fresh worker’s first verdict', 'ms', first.verdictMs, {
      below: VERDICT_MS,
      aim: VERDICT_AIM,
    });
    const [agentless] = asking.agentless;
    if (agentless !== undefined && asking.hanging > 0) {
      asking.say('  with an agent that hangs');
      const end = await startSilentServer(portOf(cluster.agentMap, agentless));
      const hanging: Answered[] = [];
      try {
        hanging.push(...(await repeat(asking.hanging, () => askInSlack(rig.slack, asking.text))));
      } finally {
        await end();
      }
      phases('Stage 1 in Slack, one agent hangs', hanging, 'it takes the connection and never answers', figures);
    }
    const each = { note: `worker, mean of ${asking.times} questions` };
    figures.add('API server, per diagnosis', 'requests', 'count', requests.length / asking.times, each);
    figures.add('API server, per diagnosis', 'bytes as sent', 'bytes', bytes / asking.times, each);
    figures.add('Peak memory', 'bot', 'bytes', await peakMemory(rig.bot.pid));
    const note = `after ${asking.times + asking.hanging} questions about stage 1`;
    figures.add('Peak memory', 'worker', 'bytes', await peakMemory(worker.pid), { below: 256e6, note });
  } finally {
    await worker.stop();
  }
}

function phases(group: string, answers: readonly Answered[], note: string, figures: Figures): void {
  const middle = (pick: (answer: Answered) => number | undefined): number | undefined =>
    median(answers.flatMap((answer) => pick(answer) ?? []));
  figures.add(
    group,
    'acknowledged',
    'ms',
    middle((a) => a.ackMs),
    { note: `${note}; median of ${answers.length}, from sending the command` },
  );
  figures.add(
    group,
    'first progress line',
    'ms',
    middle((a) => a.firstLineMs),
  );
  figures.add(
    group,
    'collection began',
    'ms',
    middle((a) => a.collectionBeganMs),
  );
  figures.add(
    group,
    'API server read',
    'ms',
    middle((a) => a.apiReadMs),
  );
  figures.add(
    group,
    'agents answered',
    'ms',
    middle((a) => a.agentsMs),
  );
  figures.add(
    group,
    'collection ended',
    'ms',
    middle((a) => a.collectionEndedMs),
  );
  const verdict = { below: VERDICT_MS, aim: VERDICT_AIM, note: answers[0]?.verdict.split('\n')[0] ?? '' };
  figures.add(
    group,
    'verdict shown',
    'ms',
    middle((a) => a.verdictMs),
    verdict,
  );
  figures.add(
    group,
    'thread and evidence complete',
    'ms',
    middle((a) => a.wholeMs),
  );
}

interface Terminal {
  readonly folder: string;
  readonly question: readonly string[];
  readonly repeats: Repeats;
}

async function fromTerminal(cluster: RecordedCluster, terminal: Terminal, figures: Figures): Promise<void> {
  const { folder, question, repeats } = terminal;
  const help = await repeat(repeats.help, () => runKubewhy(['--help']));
  figures.add(CLI, 'kubewhy --help', 'ms', median(help.map((run) => run.wallMs)), {
    below: 150,
    note: `median of ${help.length}`,
  });
  const saved = join(folder, 'terminal');
  await mkdir(saved, { recursive: true });
  const before = cluster.api.requests.length;
  const runs = await repeat(repeats.terminal, async () => {
    const file = join(saved, 'evidence.json');
    const run = await runKubewhy([...question, ...terminalFlags(cluster), '--save', file]);
    if (run.code !== 1)
      throw new Error(`kubewhy ${question.join(' ')} ended with code ${run.code}: ${run.out.slice(0, 300)}`);
    const evidence = Evidence.parse(JSON.parse(await readFile(file, 'utf8')));
    await rm(file);
    const collecting = Date.parse(evidence.finishedAt) - Date.parse(evidence.startedAt);
    return { ...run, outsideMs: run.wallMs - collecting };
  });
  const requests = cluster.api.requests.slice(before);
  const bytes = requests.reduce((sum, request) => sum + request.bytes, 0);
  const note = `median of ${runs.length}; ${shown(bytes / runs.length, 'bytes')} from the API server`;
  figures.add(CLI, 'whole question', 'ms', median(runs.map((run) => run.wallMs)), { note });
  figures.add(CLI, 'of it before and after collection', 'ms', median(runs.map((run) => run.outsideMs)), { below: 500 });
  figures.add(CLI, 'CPU time of the whole', 'ms', median(runs.map((run) => run.cpuMs)), {
    below: 500,
    note: 'user and system, all threads: loading, collecting, judging, printing',
  });
  figures.add('API server, per diagnosis', 'requests, terminal', 'count', requests.length / runs.length);
  figures.add('API server, per diagnosis', 'bytes as sent, terminal', 'bytes', bytes / runs.length);
}

async function repeat<T>(times: number, work: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let i = 0; i < times; i += 1) results.push(await work());
  return results;
}

/** The port of a node's agent in `node=https://127.0.0.1:port,…`. */
function portOf(agentMap: string, node: string): number {
  const entry = agentMap.split(',').find((pair) => pair.startsWith(`${node}=`)) ?? '';
  return Number(new URL(entry.slice(node.length + 1)).port);
}
