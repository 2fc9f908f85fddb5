/** A diagnosis from question to judgement: what worker and terminal share. */
import { type CollectOptions, type CollectPorts, collectEvidence } from '../collect/collect.ts';
import { Progress } from '../collect/progress.ts';
import type { Diagnosis } from '../core/diagnosis.ts';
import type { EvidenceBundle } from '../core/evidence.ts';
import type { Question } from '../core/question.ts';

export interface DiagnosisResult {
  readonly bundle: EvidenceBundle;
  readonly diagnosis: Diagnosis;
}

/**
 * Collects the evidence and judges it.
 * @throws UserError, ClusterError (`unreachable`, `unauthorised`) and the signal's reason, as `collectEvidence` does.
 */
export async function runDiagnosis(
  question: Question,
  ports: CollectPorts,
  options: CollectOptions,
): Promise<DiagnosisResult> {
  const progress = new Progress(options.onProgress);
  const collecting = collectEvidence(question, ports, options, progress);
  // A hundred files of rules, loaded while the cluster is waited for.
  const [bundle, { judge }] = await Promise.all([collecting, import('../rules/evaluate.ts')]);
  const diagnosis = await progress.step('judge', async () => judge(bundle));
  return { bundle, diagnosis };
}
