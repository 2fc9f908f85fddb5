/** The first lines of a report: what was asked about, the headline, and the summary in one sentence. */
import type { Diagnosis } from '../core/diagnosis.ts';
import type { Language } from '../core/jobs.ts';
import type { Target } from '../core/question.ts';
import { word } from './languages/index.ts';
import { withoutStop } from './visible.ts';

/** Gives the target as it stands in a sentence: `NodePort 30080 (ci/jenkins-svc)`, `Node k8scephnode`. */
export function targetWords(language: Language, target: Target): string {
  const name = [target.namespace, target.name].filter((part) => part !== undefined).join('/');
  if (target.kind === 'Component') {
    if (target.name === 'calico') return word(language, 'target.calico');
    return word(language, target.name === 'control-plane' ? 'target.control-plane' : 'target.cluster');
  }
  if (target.nodePort !== undefined && (target.kind === 'NodePort' || target.kind === 'Service')) {
    if (name === '') return word(language, 'target.node-port', { port: target.nodePort });
    return word(language, 'target.node-port-of', { port: target.nodePort, service: name });
  }
  if (target.kind === 'Service') {
    return word(language, 'target.service', { name: target.port === undefined ? name : `${name}:${target.port}` });
  }
  return word(language, 'target.object', { kind: target.kind, name });
}

/** Sentences that summaries are made of: the first ones of the causes, and of the asked symptom where there is one. */
export interface Said {
  readonly causes: readonly string[];
  readonly symptom?: string | undefined;
}

/** Gives what is wrong with what was asked about, or that nothing is. No final full stop. */
export function headlineOf(diagnosis: Diagnosis, language: Language, said: Said): string {
  const target = targetWords(language, diagnosis.question.target);
  const preflight = diagnosis.question.type === 'preflight';
  if (diagnosis.verdict === 'no-fault-found') {
    if (preflight) return word(language, 'headline.no-fault.preflight');
    const way = diagnosis.question.type === 'why-not-reachable';
    return word(language, way ? 'headline.no-fault.way' : 'headline.no-fault.object', { target });
  }
  if (said.symptom !== undefined) return withoutStop(said.symptom);
  if (preflight && said.causes.length > 0) return word(language, 'headline.preflight', { count: said.causes.length });
  return word(language, diagnosis.verdict === 'cause-found' ? 'headline.fault' : 'headline.open', { target });
}

/** Gives the verdict and the cause in one sentence. */
export function summaryOf(diagnosis: Diagnosis, language: Language, headline: string, said: Said): string {
  if (diagnosis.verdict === 'no-fault-found') return noFault(diagnosis, language, headline);
  const causes = said.causes.map(withoutStop);
  const joined = join(language, causes);
  if (diagnosis.verdict === 'cause-found') {
    if (causes.length === 1) return word(language, 'summary.cause', { cause: joined });
    return word(language, 'summary.causes', { count: causes.length, causes: joined });
  }
  if (causes.length > 0) return word(language, 'summary.likely', { cause: joined });
  if (diagnosis.layer === undefined) return word(language, 'summary.nothing');
  return word(language, 'summary.layer', { layer: word(language, `layer.${diagnosis.layer}`) });
}

/** The first few causes in one text; the rest only counted. */
function join(language: Language, causes: readonly string[]): string {
  const shown = causes.slice(0, 3);
  const left = causes.length - shown.length;
  return [...shown, ...(left > 0 ? [word(language, 'more', { count: left })] : [])].join(word(language, 'listJoin'));
}

function noFault(diagnosis: Diagnosis, language: Language, headline: string): string {
  const asked = diagnosis.paths.filter((path) => path.result !== 'not-asked');
  if (asked.length === 0) return word(language, 'summary.no-fault', { headline });
  const open = asked.filter((path) => path.result === 'open').length;
  const { agents } = diagnosis;
  if (!agents.sampled) return word(language, 'summary.no-fault.paths', { headline, open, total: asked.length });
  const nodes = { asked: agents.asked.length, nodes: agents.total };
  return word(language, 'summary.no-fault.sampled', { headline, open, total: asked.length, ...nodes });
}
