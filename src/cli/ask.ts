/** A question from the terminal: the same collection and judgement as the worker's, with the caller's own kubeconfig. */
import { randomBytes } from 'node:crypto';
import type { CliEnvironment } from '../config/cli.ts';
import { UserError } from '../core/errors.ts';
import { parseQuestion } from '../core/parse-question.ts';
import { safeJson } from '../report/index.ts';
import { terminalAgents } from './agents.ts';
import { type Arguments, parseDuration } from './arguments.ts';
import type { Io } from './io.ts';
import { terminalProgress } from './progress.ts';
import { saveEvidence } from './save.ts';

/**
 * Asks and shows. @returns the exit code of the verdict.
 * @throws UserError for bad input, ClusterError where the cluster cannot be read at all.
 */
export async function ask(args: Arguments, environment: CliEnvironment, io: Io): Promise<number> {
  const { flags } = args;
  const ends = [...pair('from', flags), ...pair('at', flags)];
  const namespace = flags['namespace'];
  const question = parseQuestion([...args.words, ...ends], namespace === undefined ? {} : { namespace });
  const deadlineMs = flags['request-timeout'] === undefined ? 20_000 : parseDuration(flags['request-timeout']);
  const [{ createClusterReader }, { runDiagnosis }, agents] = await Promise.all([
    import('../adapters/kube/cluster-reader.ts'),
    import('../run/diagnose.ts'),
    terminalAgents({
      agents: flags['agents'] ?? environment.agents,
      ca: flags['agent-ca'] ?? environment.agentCa,
      cert: flags['agent-cert'] ?? environment.agentCert,
      key: flags['agent-key'] ?? environment.agentKey,
    }),
  ]);
  const kubeconfig = flags['kubeconfig'] ?? environment.kubeconfig;
  const cluster = await createClusterReader({
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(flags['context'] === undefined ? {} : { context: flags['context'] }),
  });
  const progress = terminalProgress(io);
  const stop = new AbortController();
  const interrupted = (): void =>
    stop.abort(new UserError('interrupted', 'Interrupted: nothing was changed, nothing is left running.'));
  process.once('SIGINT', interrupted);
  try {
    const id = `dx-${randomBytes(4).toString('hex').slice(0, 5)}`;
    const options = { id, deadlineMs, signal: stop.signal, onProgress: progress.onProgress };
    const diagnosing = runDiagnosis(question, { cluster, agents: agents.agents, clock: { now: Date.now } }, options);
    // What shows a report is loaded while the cluster is waited for.
    const [{ bundle, diagnosis }, { show, showOptions }] = await Promise.all([diagnosing, import('./show.ts')]);
    progress.clear();
    if (agents.note !== undefined && io.errIsTerminal) io.err(`${agents.note}\n`);
    if (flags['save'] !== undefined) await saveEvidence(flags['save'], safeJson(bundle, 1));
    return show(diagnosis, io, showOptions(flags, environment, io));
  } finally {
    progress.clear();
    process.removeListener('SIGINT', interrupted);
    agents.close();
    cluster.close();
  }
}

function pair(name: string, flags: Arguments['flags']): string[] {
  return flags[name] === undefined ? [] : [name, flags[name]];
}
