/** The same question on clusters of growing size. */
import { join } from 'node:path';
import { errorText } from '../../core/errors.ts';
import { type Figures, shown } from './figures.ts';
import { type LargeRunning, type Size, startLargeCluster } from './large-cluster.ts';
import { peakMemory } from './processes.ts';
import { type Answered, askInSlack } from './question.ts';
import type { Rig } from './rig.ts';

/** Asks about one NodePort on each size, smallest first; the last is compared with the first. */
export async function measureScale(
  rig: Rig,
  folder: string,
  sizes: readonly Size[],
  figures: Figures,
  say: (line: string) => void,
): Promise<void> {
  const times: number[] = [];
  for (const size of sizes) {
    say(`a simulated cluster of ${size.nodes} nodes, ${size.services} Services, ${size.pods} Pods`);
    const cluster = await startLargeCluster(join(folder, `nodes-${size.nodes}`), size, say);
    try {
      times.push(await measureSize(rig, cluster, size, figures));
    } catch (error) {
      // One size that fails is a result too; the others are measured all the same.
      times.push(Number.NaN);
      figures.add(groupOf(size), 'verdict shown', 'ms', undefined, { note: errorText(error).slice(0, 200) });
    } finally {
      await cluster.close();
    }
  }
  if (sizes.length < 2) return;
  const [smallest, largest] = [sizes[0], sizes.at(-1)];
  const [fast, slow] = [times[0], times.at(-1)];
  if (smallest === undefined || largest === undefined || fast === undefined || slow === undefined) return;
  const what = `verdict, ${largest.nodes.toLocaleString('en-US')} nodes against ${smallest.nodes}`;
  const ratio = slow / fast;
  figures.add('Size', what, 'ratio', Number.isNaN(ratio) ? undefined : ratio, {
    below: 2,
    aim: 'at most twice the time',
  });
}

/** @returns milliseconds to the verdict. */
async function measureSize(rig: Rig, cluster: LargeRunning, size: Size, figures: Figures): Promise<number> {
  const group = groupOf(size);
  const worker = await rig.startWorker(cluster);
  try {
    const text = cluster.question.join(' ');
    cluster.beat();
    const cold = await askInSlack(rig.slack, text);
    cluster.beat();
    const before = { requests: cluster.api.requests.length, agents: { ...cluster.farm.served } };
    const cpu = process.cpuUsage();
    const answer = await askInSlack(rig.slack, text);
    const simulators = process.cpuUsage(cpu);
    const requests = cluster.api.requests.slice(before.requests);
    const { answered, unknown, bytes } = cluster.farm.served;
    const agents = `${answered - before.agents.answered} of ${cluster.asked} agents answered, each after ${shown(cluster.agentMs, 'ms')}`;
    const missing = unknown === 0 ? '' : `; ${unknown} questions had no prepared answer`;
    const cpuMs = (simulators.user + simulators.system) / 1000;
    const note = `${phasesOf(answer)}; the simulators' CPU took ${shown(cpuMs, 'ms')} of it`;
    figures.add(group, 'verdict shown', 'ms', answer.verdictMs, { note });
    figures.add(group, 'by a fresh worker', 'ms', cold.verdictMs, { note: answer.verdict.split('\n')[0] ?? '' });
    figures.add(group, 'API requests', 'count', requests.length);
    figures.add(
      group,
      'API bytes as sent',
      'bytes',
      requests.reduce((sum, request) => sum + request.bytes, 0),
    );
    figures.add(group, 'agents’ answers', 'bytes', bytes - before.agents.bytes, { note: agents + missing });
    figures.add(
      group,
      'evidence file',
      'bytes',
      answer.evidenceBytes,
      answer.evidenceBytes === undefined ? { note: 'not shared within a minute' } : {},
    );
    figures.add(group, 'worker, peak memory', 'bytes', await peakMemory(worker.pid), { below: 256e6 });
    return answer.verdictMs;
  } finally {
    await worker.stop();
  }
}

function groupOf({ nodes, services, pods }: Size): string {
  return `${shown(nodes, 'count')} nodes, ${shown(services, 'count')} Services, ${shown(pods, 'count')} Pods`;
}

function phasesOf(answer: Answered): string {
  const { firstLineMs, apiReadMs, agentsMs, collectionEndedMs } = answer;
  const at = (ms: number | undefined): string => shown(ms, 'ms');
  return `first line ${at(firstLineMs)}, API server read ${at(apiReadMs)}, agents ${at(agentsMs)}, collected ${at(collectionEndedMs)}`;
}
