/** What a worker is handed: something that diagnoses, and the way to cluster and agents. */
import type { Diagnosis } from '../core/diagnosis.ts';
import type { EvidenceBundle } from '../core/evidence.ts';
import type { DiagnoseJob } from '../core/jobs.ts';
import type { OnProgress } from '../core/ports.ts';

export type { UsePorts } from '../run/verify.ts';

/** Collects and judges. Throws UserError and ClusterError for what its asker can act on. */
export type Diagnose = (
  job: DiagnoseJob,
  options: { readonly onProgress: OnProgress; readonly signal: AbortSignal },
) => Promise<{ readonly bundle: EvidenceBundle; readonly diagnosis: Diagnosis }>;
