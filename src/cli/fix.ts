/** `kubewhy fix DIAGNOSIS.json`: the plan for its cause from fresh evidence; with --approve carried out with the caller's rights. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeWriter } from '../adapters/kube/cluster-writer.ts';
import type { CliEnvironment } from '../config/cli.ts';
import { UserError } from '../core/errors.ts';
import type { FixRecord, Reason } from '../core/fix.ts';
import { fixReason } from '../core/fix-reasons.ts';
import type { Draft } from '../core/remediation.ts';
import { terminalAgents } from './agents.ts';
import { type Arguments, parseDuration } from './arguments.ts';
import { choose, readDiagnosis } from './fix-file.ts';
import { EXIT, type Io } from './io.ts';
import { terminalProgress } from './progress.ts';
import { undoCommands } from './undo-commands.ts';

/** How `fix` ends: 0 a plan was printed, or the fix is verified; 1 refused or not verified; 3 nobody knows. */
const EXIT_BY_STATE: Readonly<Partial<Record<FixRecord['state'], number>>> = {
  verified: EXIT.healthy,
  unknown: EXIT.inconclusive,
};

/**
 * Plans, and with --approve applies and verifies. @returns the exit code.
 * @throws UserError for bad input, ClusterError where the cluster cannot be read at all.
 */
export async function fix(args: Arguments, environment: CliEnvironment, io: Io): Promise<number> {
  const { flags } = args;
  checkUsage(args);
  const report = await readDiagnosis(args.words[1]);
  const request = choose(report, flags['remediation']);
  const deadlineMs = flags['request-timeout'] === undefined ? 20_000 : parseDuration(flags['request-timeout']);
  const { agents, writer } = await connections(flags, environment);
  const progress = terminalProgress(io);
  const stop = new AbortController();
  const interrupted = (): void => stop.abort(new UserError('interrupted', INTERRUPTED));
  process.once('SIGINT', interrupted);
  try {
    if (agents.note !== undefined && io.errIsTerminal) io.err(`${agents.note}\n`);
    const ports = { cluster: writer, agents: agents.agents, clock: { now: Date.now } };
    const [{ planFix }, { withBaseline }, { showOptions }] = await Promise.all([
      import('../run/plan.ts'),
      import('../run/baseline.ts'),
      import('./show.ts'),
    ]);
    const options = { id: report.id, deadlineMs, signal: stop.signal };
    const planned = await planFix(request, ports, { ...options, onProgress: progress.onProgress });
    progress.clear();
    const shown = showOptions(flags, environment, io);
    const { Terminal } = await import('./fix-show.ts');
    const show = new Terminal(io, shown);
    if (planned.status !== 'draft') return show.noPlan(planned, request);
    const approve = flags['approve'] !== undefined;
    const draft = approve ? await withBaseline(planned.draft, planned.diagnosis, ports, options) : planned.draft;
    const tried = await dryRun(draft, writer, stop.signal);
    if (!approve) return show.plan(draft, tried);
    const reason = 'reason' in tried ? tried.reason : notHere(draft);
    if (reason !== undefined) return show.refused(draft, reason);
    const { applyFix } = await import('./fix-apply.ts');
    const found = { request, draft, dryRun: 'steps' in tried ? tried.steps : [], diagnosis: report.id };
    const record = await applyFix(
      { ...found, cluster: writer.clusterName, language: shown.language },
      { writer, ports, signal: stop.signal, deadlineMs, waiting: WAITING, onChange: show.change },
    );
    show.ended(record, undoCommands(draft));
    return EXIT_BY_STATE[record.state] ?? EXIT.causeFound;
  } finally {
    progress.clear();
    process.removeListener('SIGINT', interrupted);
    agents.close();
    writer.close();
  }
}

const INTERRUPTED =
  'Interrupted. With --approve, steps that were shown as done are done, and the one that was running may be: look at the cluster before you go on.';

const WAITING = {
  now: Date.now,
  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    await sleep(ms, undefined, { signal }).catch(() => undefined);
    signal.throwIfAborted();
  },
};

/** What the API server says to the plan, asked with the caller's own rights. */
async function dryRun(
  draft: Draft,
  writer: KubeWriter,
  signal: AbortSignal,
): Promise<{ readonly steps: import('../core/fix.ts').DryRunStep[] } | { readonly reason: Reason }> {
  if (!draft.steps.some((step) => step.type === 'api')) return { steps: [] };
  const { dryRunPlan } = await import('../run/dry-run.ts');
  const tried = await dryRunPlan(draft, { reader: writer, writer }, signal);
  return tried.status === 'ok' ? { steps: [...tried.steps] } : { reason: tried.reason };
}

/** Why a terminal does not carry this plan out. */
function notHere(draft: Draft): Reason | undefined {
  const nodes = draft.steps.flatMap((step) => (step.type === 'node' ? [step.node] : []));
  if (nodes.length > 0)
    return fixReason('fix.needs-remediator', { nodes: [...new Set(nodes)].slice(0, 20).join(', ') });
  return draft.steps.some((step) => step.type === 'api') ? undefined : fixReason('fix.only-manual');
}

function checkUsage({ flags, words }: Arguments): void {
  if (flags['plan'] !== undefined && flags['approve'] !== undefined)
    throw new UserError(
      'flags-contradict',
      '--plan only shows the plan, --approve carries it out: give one of the two.',
    );
  if (words.length > 2)
    throw new UserError('words-too-many', `fix takes one file, not "${words.slice(1).join(' ').slice(0, 80)}".`);
}

/** Agents and API server, by the flags and else by the environment. */
async function connections(flags: Arguments['flags'], environment: CliEnvironment) {
  const agents = await terminalAgents({
    agents: flags['agents'] ?? environment.agents,
    ca: flags['agent-ca'] ?? environment.agentCa,
    cert: flags['agent-cert'] ?? environment.agentCert,
    key: flags['agent-key'] ?? environment.agentKey,
  });
  const { createClusterWriter } = await import('../adapters/kube/cluster-writer.ts');
  const kubeconfig = flags['kubeconfig'] ?? environment.kubeconfig;
  const writer = await createClusterWriter({
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(flags['context'] === undefined ? {} : { context: flags['context'] }),
  });
  return { agents, writer };
}
