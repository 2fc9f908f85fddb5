/** A diagnosis without a cluster: steps, a wait that the test holds, and a result that depends on the question alone. */
import type { Diagnosis } from '../../src/core/diagnosis.ts';
import type { EvidenceBundle } from '../../src/core/evidence.ts';
import type { DiagnoseJob } from '../../src/core/jobs.ts';
import type { Step } from '../../src/core/ports.ts';
import type { Diagnose } from '../../src/worker/ports.ts';

const AT = '2020-05-25T03:00:00.000Z';

/** Evidence with one fact. */
export function fakeBundle(job: DiagnoseJob): EvidenceBundle {
  return {
    apiVersion: 'kubewhy/v1',
    kind: 'Evidence',
    id: job.id,
    cluster: job.cluster,
    question: job.question,
    startedAt: AT,
    finishedAt: AT,
    agents: { asked: [], total: 2, sampled: false },
    items: [
      {
        kind: 'server-version',
        object: { kind: 'Cluster', name: 'cluster' },
        source: 'api',
        at: AT,
        command: 'kubectl version',
        status: 'unavailable',
        reason: 'there is no cluster in this test',
      },
    ],
  };
}

/** A verdict with paths and a gap, so that the thread has more than one message. */
export function fakeDiagnosis(job: DiagnoseJob): Diagnosis {
  const node = (name: string) => ({ kind: 'Node', name });
  const path = (from: string, via: string, result: 'open' | 'timeout') => ({
    from: node(from),
    to: `${via}:30080`,
    via: node(via),
    result,
    ms: 2,
    hasEndpoint: false,
  });
  return {
    id: job.id,
    cluster: job.cluster,
    question: job.question,
    startedAt: AT,
    finishedAt: AT,
    verdict: 'inconclusive',
    causes: [],
    symptoms: [],
    alsoFound: [],
    ruledOut: [],
    notSeen: [
      {
        evidence: 'server-version',
        object: { kind: 'Cluster', name: 'cluster' },
        reason: 'there is no cluster in this test',
        blocks: [],
        tryThis: 'kubectl version',
      },
    ],
    paths: [path('one', 'two', 'timeout'), path('two', 'one', 'open')],
    layer: 'pod-network',
    agents: { asked: ['one', 'two'], total: 2, sampled: false },
  };
}

export interface FakeDiagnose {
  readonly diagnose: Diagnose;
  /** The diagnoses that were started, in order. */
  readonly started: DiagnoseJob[];
  /** Lets the next ones wait until `release`. */
  hold(): void;
  release(): void;
  /** The next one ends with this error. */
  fail(error: Error): void;
}

/** Makes a diagnosis that the test conducts. It honours its signal, as the real one does. */
export function fakeDiagnose(): FakeDiagnose {
  const started: DiagnoseJob[] = [];
  const errors: Error[] = [];
  let gate: Promise<void> | undefined;
  let open = (): void => {};
  const diagnose: Diagnose = async (job, { onProgress, signal }) => {
    started.push(job);
    const steps: Step[] = [{ name: 'service', state: 'running' }];
    onProgress(steps);
    const aborted = new Promise<never>((_, reject) => {
      if (signal.aborted) reject(new Error('aborted'));
      signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
    });
    aborted.catch(() => undefined);
    if (gate !== undefined) await Promise.race([gate, aborted]);
    const error = errors.shift();
    if (error !== undefined) throw error;
    onProgress([
      { name: 'service', state: 'done' },
      { name: 'agents', state: 'partial', done: 1, total: 2 },
    ]);
    return { bundle: fakeBundle(job), diagnosis: fakeDiagnosis(job) };
  };
  return {
    diagnose,
    started,
    hold() {
      gate = new Promise((resolve) => {
        open = resolve;
      });
    },
    release() {
      gate = undefined;
      open();
    },
    fail(error) {
      errors.push(error);
    },
  };
}
