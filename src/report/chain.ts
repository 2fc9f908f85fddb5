/** The chain from a cause to the symptom as people read it: each link once, each proof once. */
import type { Report, ReportFinding, ReportProof } from './report.ts';

export interface ChainLink {
  readonly symptom: ReportFinding;
  /** Its proofs, without those that the cause or an earlier link has shown already. */
  readonly because: readonly ReportProof[];
}

/** Gives the links that follow from a cause, in order. */
export function chainLinks(report: Report, cause: ReportFinding): ChainLink[] {
  const shown = new Set(cause.because.map(keyOf));
  return report.symptoms
    .filter((symptom) => cause.chain?.includes(symptom.id))
    .map((symptom) => {
      const because = symptom.because.filter((proof) => !shown.has(keyOf(proof)));
      for (const proof of because) shown.add(keyOf(proof));
      return { symptom, because };
    });
}

function keyOf(proof: ReportProof): string {
  return `${proof.says}\n${proof.command}`;
}
