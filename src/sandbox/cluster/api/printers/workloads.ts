/** DaemonSets, Deployments, ReplicaSets, StatefulSets, Jobs and CronJobs as kubectl shows them. */
import { ageOf, humanDuration } from '../duration.ts';
import { at, count, entries, flag, items, present, text } from '../json.ts';
import type { KubeObject } from '../types.ts';
import { selectorText } from './network.ts';
import { age, column, formatLabels, type PrintContext, type Printer } from './printer.ts';

const JOB_STATUS_SINCE_MINOR = 31;
const CRON_TIMEZONE_SINCE_MINOR = 29;

const WIDE_TEMPLATE = [column('Containers', 'wide'), column('Images', 'wide')];
const WIDE_ALL = [...WIDE_TEMPLATE, column('Selector', 'wide')];

function templateCells(containers: unknown[]): string[] {
  return [
    containers.map((container) => text(container, 'name')).join(','),
    containers.map((container) => text(container, 'image')).join(','),
  ];
}

function podTemplateOf(object: KubeObject): string[] {
  return templateCells(items(object, 'spec', 'template', 'spec', 'containers'));
}

function selectorOf(object: KubeObject): string {
  return selectorText(at(object, 'spec', 'selector'));
}

function number(name: string) {
  return column(name, 'always', 'integer');
}

/** The printer of DaemonSets. */
export const daemonSetPrinter: Printer = {
  columns: [
    column('Name'),
    number('Desired'),
    number('Current'),
    number('Ready'),
    number('Up-to-date'),
    number('Available'),
    column('Node Selector'),
    column('Age'),
    ...WIDE_ALL,
  ],
  cells: (set, context) => [
    set.metadata.name,
    count(set, 'status', 'desiredNumberScheduled'),
    count(set, 'status', 'currentNumberScheduled'),
    count(set, 'status', 'numberReady'),
    count(set, 'status', 'updatedNumberScheduled'),
    count(set, 'status', 'numberAvailable'),
    formatLabels(entries(set, 'spec', 'template', 'spec', 'nodeSelector')),
    age(set, context),
    ...podTemplateOf(set),
    selectorOf(set),
  ],
};

/** The printer of Deployments. */
export const deploymentPrinter: Printer = {
  columns: [column('Name'), column('Ready'), number('Up-to-date'), number('Available'), column('Age'), ...WIDE_ALL],
  cells: (deployment, context) => [
    deployment.metadata.name,
    readyOf(deployment),
    count(deployment, 'status', 'updatedReplicas'),
    count(deployment, 'status', 'availableReplicas'),
    age(deployment, context),
    ...podTemplateOf(deployment),
    selectorOf(deployment),
  ],
};

/** `spec.replicas` defaults to one. */
function desiredOf(object: KubeObject): number {
  return present(object, 'spec', 'replicas') ? count(object, 'spec', 'replicas') : 1;
}

function readyOf(object: KubeObject): string {
  return `${count(object, 'status', 'readyReplicas')}/${desiredOf(object)}`;
}

/** The printer of ReplicaSets. */
export const replicaSetPrinter: Printer = {
  columns: [column('Name'), number('Desired'), number('Current'), number('Ready'), column('Age'), ...WIDE_ALL],
  cells: (set, context) => [
    set.metadata.name,
    desiredOf(set),
    count(set, 'status', 'replicas'),
    count(set, 'status', 'readyReplicas'),
    age(set, context),
    ...podTemplateOf(set),
    selectorOf(set),
  ],
};

/** The printer of ReplicationControllers, whose selector is a plain map. */
export const replicationControllerPrinter: Printer = {
  columns: replicaSetPrinter.columns,
  cells: (controller, context) => [
    ...replicaSetPrinter.cells(controller, context).slice(0, -1),
    formatLabels(entries(controller, 'spec', 'selector')),
  ],
};

/** The printer of StatefulSets. */
export const statefulSetPrinter: Printer = {
  columns: [column('Name'), column('Ready'), column('Age'), ...WIDE_TEMPLATE],
  cells: (set, context) => [set.metadata.name, readyOf(set), age(set, context), ...podTemplateOf(set)],
};

/** The printer of Jobs; newer servers show a status. */
export function jobPrinter(minor: number): Printer {
  const withStatus = minor >= JOB_STATUS_SINCE_MINOR;
  return {
    columns: [
      column('Name'),
      ...(withStatus ? [column('Status')] : []),
      column('Completions'),
      column('Duration'),
      column('Age'),
      ...WIDE_ALL,
    ],
    cells: (job, context) => [
      job.metadata.name,
      ...(withStatus ? [jobStatus(job)] : []),
      completions(job),
      jobDuration(job, context),
      age(job, context),
      ...podTemplateOf(job),
      selectorOf(job),
    ],
  };
}

function completions(job: KubeObject): string {
  const succeeded = count(job, 'status', 'succeeded');
  if (present(job, 'spec', 'completions')) return `${succeeded}/${count(job, 'spec', 'completions')}`;
  const parallelism = count(job, 'spec', 'parallelism');
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function jobDuration(job: KubeObject, context: PrintContext): string {
  const started = text(job, 'status', 'startTime');
  if (started === '') return '';
  const completed = text(job, 'status', 'completionTime');
  return humanDuration((completed === '' ? context.nowMs : Date.parse(completed)) - Date.parse(started));
}

function jobStatus(job: KubeObject): string {
  const holds = (type: string) =>
    items(job, 'status', 'conditions').some((c) => text(c, 'type') === type && text(c, 'status') === 'True');
  if (holds('Complete')) return 'Complete';
  if (holds('Failed')) return 'Failed';
  if (present(job, 'metadata', 'deletionTimestamp')) return 'Terminating';
  if (holds('Suspended')) return 'Suspended';
  if (holds('FailureTarget')) return 'FailureTarget';
  return holds('SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running';
}

/** The printer of CronJobs; newer servers show a time zone. */
export function cronJobPrinter(minor: number): Printer {
  const withZone = minor >= CRON_TIMEZONE_SINCE_MINOR;
  return {
    columns: [
      column('Name'),
      column('Schedule'),
      ...(withZone ? [column('Timezone')] : []),
      column('Suspend'),
      number('Active'),
      column('Last Schedule'),
      column('Age'),
      ...WIDE_ALL,
    ],
    cells: (job, context) => {
      const last = text(job, 'status', 'lastScheduleTime');
      return [
        job.metadata.name,
        text(job, 'spec', 'schedule'),
        ...(withZone ? [text(job, 'spec', 'timeZone') || '<none>'] : []),
        flag(job, 'spec', 'suspend') ? 'True' : 'False',
        items(job, 'status', 'active').length,
        last === '' ? '<none>' : ageOf(last, context.nowMs),
        age(job, context),
        ...templateCells(items(job, 'spec', 'jobTemplate', 'spec', 'template', 'spec', 'containers')),
        selectorText(at(job, 'spec', 'jobTemplate', 'spec', 'selector')),
      ];
    },
  };
}
