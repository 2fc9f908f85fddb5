/** The recorded incident: four stages, each a cluster that the sandbox can serve. */
import type { HostRecordingInput } from '../../../agent/recording.ts';
import type { KubeObject } from '../../cluster/api/types.ts';
import { renderCluster } from '../../cluster/simulate/render.ts';
import { settleHost } from './host-notes.ts';
import { type StageNumber, stageModel } from './stages.ts';

export { settleHost } from './host-notes.ts';
export { type Completed, type Literal, type Provenance, provenance } from './provenance.ts';
export { type StageNumber, stageModel } from './stages.ts';

/** A stage, ready to be served. All times are historic: servers shift them by one constant, `Date.now() - Date.parse(now)`. */
export interface RecordedStage {
  name: string;
  title: string;
  /** What a person types in Slack. */
  command: string;
  /** The same question as the terminal's arguments. */
  question: string[];
  version: string;
  now: string;
  objects: KubeObject[];
  /** By `namespace/pod/container`. */
  logs: Record<string, string>;
  hosts: HostRecordingInput[];
  /** Nodes on which no agent answers. */
  agentless: string[];
}

const STAGES: Record<StageNumber, { name: string; title: string; question: string[] }> = {
  1: { name: 'stage-1', title: 'The outage as it was found', question: ['why-not-reachable', '30080'] },
  2: { name: 'stage-2', title: 'With an agent on the sick node', question: ['diagnose', 'node', 'k8scephnode'] },
  3: { name: 'stage-3', title: 'After Calico was re-applied and upgraded to 3.14.0', question: ['diagnose', 'calico'] },
  4: { name: 'stage-4', title: 'After the repair', question: ['why-not-reachable', '30080'] },
};

/** All stages, in order. */
export const STAGE_NUMBERS: readonly StageNumber[] = [1, 2, 3, 4];

/** Builds a stage anew; nothing is shared between calls. */
export function loadStage(stage: StageNumber): RecordedStage {
  const rendered = renderCluster(stageModel(stage));
  const { name, title, question } = STAGES[stage];
  return {
    name,
    title,
    command: `/k8s ${question.join(' ')}`,
    question: [...question],
    version: rendered.version,
    now: rendered.now,
    objects: rendered.objects,
    logs: rendered.logs,
    hosts: rendered.hosts.map(settleHost),
    agentless: rendered.agentless,
  };
}
