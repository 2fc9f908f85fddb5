/** Writes a diagnosis in words: every finding, proof, advice and gap as a sentence of one language. */
import type { Diagnosis, RankedFinding } from '../core/diagnosis.ts';
import type { Cleared, Proof, Scope, TextData } from '../core/finding.ts';
import type { Language } from '../core/jobs.ts';
import { type Catalogue, ruleSentence, ruleSummary } from './catalogue.ts';
import type { Report, ReportAdvice, ReportCleared, ReportFinding, ReportProof } from './report.ts';
import { headlineOf, type Said, summaryOf } from './summary.ts';
import { visible } from './visible.ts';

export interface ReportOptions {
  readonly language: Language;
  readonly catalogue: Catalogue;
  /** Who asked: a Slack user's id. */
  readonly askedBy?: string;
}

/**
 * Gives the report of a diagnosis. Pure: the same diagnosis gives the same document.
 * @throws Error where a rule's sentence or its data is missing, naming rule and text.
 */
export function buildReport(diagnosis: Diagnosis, options: ReportOptions): Report {
  const { language, catalogue, askedBy } = options;
  const write = new Writer(language, catalogue);
  const causes = diagnosis.causes.map((cause) => ({
    ...write.finding(settled(cause)),
    chain: chainOf(cause, diagnosis.symptoms),
  }));
  const symptoms = diagnosis.symptoms.map((symptom) => write.finding(symptom));
  const asked = diagnosis.symptoms.at(-1);
  const said: Said = {
    causes: diagnosis.causes.map((cause) => write.brief(cause)),
    symptom: asked === undefined ? undefined : write.brief(asked),
  };
  const headline = headlineOf(diagnosis, language, said);
  return {
    apiVersion: 'kubewhy/v1',
    kind: 'Diagnosis',
    id: diagnosis.id,
    language,
    question: diagnosis.question,
    cluster: diagnosis.cluster,
    startedAt: diagnosis.startedAt,
    finishedAt: diagnosis.finishedAt,
    ...(askedBy === undefined ? {} : { askedBy }),
    verdict: diagnosis.verdict,
    headline,
    summary: summaryOf(diagnosis, language, headline, said),
    causes,
    symptoms,
    alsoFound: diagnosis.alsoFound.map((finding) => write.finding(finding)),
    ruledOut: diagnosis.ruledOut.map((cleared) => write.cleared(cleared)),
    notSeen: diagnosis.notSeen.map((gap) => ({
      evidence: gap.evidence,
      object: gap.object,
      ...(gap.part === undefined ? {} : { part: gap.part }),
      reason: visible(gap.reason),
      blocks: [...gap.blocks],
      tryThis: visible(gap.tryThis),
    })),
    paths: diagnosis.paths.map((path) => ({ ...path })),
    ...(diagnosis.unexplained === undefined ? {} : { unexplained: [...diagnosis.unexplained] }),
    ...(diagnosis.layer === undefined ? {} : { layer: diagnosis.layer }),
    agents: { ...diagnosis.agents, asked: [...diagnosis.agents.asked] },
    rules: summaries(diagnosis, language, catalogue),
  };
}

/** Gives the ids of the symptoms that follow from a cause, in the order of the chain. */
export function chainOf(cause: RankedFinding, symptoms: readonly RankedFinding[]): string[] {
  const byId = new Map(symptoms.map((symptom) => [symptom.id, symptom]));
  const reached = new Set<string>();
  const open = [...cause.explains];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const symptom = byId.get(id);
    if (symptom === undefined || reached.has(id)) continue;
    reached.add(id);
    open.push(...symptom.explains);
  }
  return symptoms.filter((symptom) => reached.has(symptom.id)).map((symptom) => symptom.id);
}

/** No fix is offered for a cause that is only likely; what would not help may be said. */
function settled(cause: RankedFinding): RankedFinding {
  if (cause.confidence === 'confirmed') return cause;
  const { advice: _advice, remediations: _remediations, ...rest } = cause;
  return rest;
}

interface Sentence {
  readonly text: string;
  readonly data: TextData;
  readonly command?: string;
}

class Writer {
  readonly #language: Language;
  readonly #catalogue: Catalogue;

  constructor(language: Language, catalogue: Catalogue) {
    this.#language = language;
    this.#catalogue = catalogue;
  }

  finding(finding: RankedFinding): ReportFinding {
    const { rule } = finding;
    return {
      id: finding.id,
      rule,
      object: finding.object,
      severity: finding.severity,
      confidence: finding.confidence,
      message: this.#says(rule, finding),
      ...(finding.since === undefined ? {} : { since: finding.since }),
      scope: scopeOf(finding.scope),
      because: finding.because.map((proof) => this.#proof(rule, proof)),
      explains: [...finding.explains],
      ...(finding.advice === undefined ? {} : { advice: this.#advice(rule, finding.advice) }),
      ...(finding.wouldNotHelp === undefined ? {} : { wouldNotHelp: this.#advice(rule, finding.wouldNotHelp) }),
      remediations: (finding.remediations ?? []).map((hint) => ({ id: hint.id, params: { ...hint.params } })),
      ...(finding.tryThis === undefined ? {} : { tryThis: visible(finding.tryThis) }),
    };
  }

  cleared(cleared: Cleared): ReportCleared {
    return {
      rule: cleared.rule,
      object: cleared.object,
      message: this.#says(cleared.rule, cleared),
      because: cleared.because.map((proof) => this.#proof(cleared.rule, proof)),
    };
  }

  /** The first sentence of a finding, for headline and summary. */
  brief(finding: RankedFinding): string {
    return this.#says(finding.rule, finding, true);
  }

  #says(rule: string, sentence: Sentence, brief = false): string {
    return ruleSentence(this.#catalogue, this.#language, { rule, text: sentence.text, data: sentence.data }, brief);
  }

  #proof(rule: string, proof: Proof): ReportProof {
    return {
      evidence: proof.evidence,
      object: proof.object,
      ...(proof.part === undefined ? {} : { part: proof.part }),
      says: this.#says(rule, proof),
      command: visible(proof.command),
    };
  }

  #advice(rule: string, sentences: readonly Sentence[]): ReportAdvice[] {
    return sentences.map((sentence) => ({
      says: this.#says(rule, sentence),
      ...(sentence.command === undefined ? {} : { command: visible(sentence.command) }),
    }));
  }
}

function scopeOf(scope: Scope): ReportFinding['scope'] {
  return {
    ...(scope.nodes === undefined ? {} : { nodes: [...scope.nodes] }),
    ...(scope.working === undefined ? {} : { working: [...scope.working] }),
    ...(scope.pairs === undefined ? {} : { pairs: scope.pairs.map(([from, to]): [string, string] => [from, to]) }),
  };
}

/** The summaries of all rules that the document names, sorted by rule. */
function summaries(diagnosis: Diagnosis, language: Language, catalogue: Catalogue): Record<string, string> {
  const judged = [...diagnosis.causes, ...diagnosis.symptoms, ...diagnosis.alsoFound, ...diagnosis.ruledOut];
  const named = new Set([...judged.map((j) => j.rule), ...diagnosis.notSeen.flatMap((gap) => gap.blocks)]);
  return Object.fromEntries([...named].sort().map((rule) => [rule, ruleSummary(catalogue, language, rule)]));
}
