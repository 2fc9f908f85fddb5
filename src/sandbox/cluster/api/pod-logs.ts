/** The log subresource: which container, which lines, and the errors of API server and kubelet in their words. */
import { lookUp, type ResourceRequest, type ServerContext } from './context.ts';
import { at, count, items, present, text } from './json.ts';
import { chooseLines, type LineChoice } from './log-lines.ts';
import { type Reply, textReply } from './reply.ts';
import { quotesUrlErrors } from './server-version.ts';
import { badRequest, notFound, StatusError } from './status-error.ts';
import type { KubeletFault, KubeObject } from './types.ts';

const KUBELET_PORT = 10250;

const DIAL_ERRORS: Record<KubeletFault, string> = {
  refused: 'connect: connection refused',
  timeout: 'i/o timeout',
  'no-route': 'connect: no route to host',
};

/** Answers `GET …/pods/<name>/log`. */
export function podLogs(context: ServerContext, request: ResourceRequest): Reply {
  const { target, info } = request;
  const pod = lookUp(context, request);
  if (pod === undefined) throw notFound({ group: '', resource: 'pods' }, target.name ?? '');
  const container = chooseContainer(pod, info.query.get('container') ?? '');
  const choice = readChoice(context, info.query);
  const nodeName = text(pod, 'spec', 'nodeName');
  // A Pod without a node has no kubelet to ask: the API server answers "no content".
  if (nodeName === '') return { kind: 'body', status: 204, contentType: 'text/plain', body: '' };
  requireKubelet(context, pod, nodeName, container, info.query);
  const previous = isSet(info.query, 'previous');
  requireStarted(pod, container, previous);
  const logs = (previous ? context.options.previousLogs : context.options.logs) ?? {};
  const recorded = logs[`${pod.metadata.namespace ?? ''}/${pod.metadata.name}/${container}`] ?? '';
  const running = at(statusOf(pod, container), 'state', 'running');
  const startedAt = text(running, 'startedAt');
  const chosen = chooseLines(recorded, choice, startedAt === '' ? undefined : Date.parse(startedAt));
  const { shiftLog, timeShiftMs = 0 } = context.options;
  const served = shiftLog === undefined ? chosen : shiftLog(chosen, timeShiftMs);
  const follows = isSet(info.query, 'follow');
  // A followed log of a running container stays open; nothing is ever added to a recorded one.
  if (follows && present(running) && !previous) {
    return { kind: 'stream', contentType: 'text/plain', start: (stream) => stream.write(served) };
  }
  return textReply(served);
}

function isSet(query: URLSearchParams, name: string): boolean {
  return ['true', '1'].includes(query.get(name) ?? '');
}

function chooseContainer(pod: KubeObject, asked: string): string {
  const names = (field: string) => items(pod, 'spec', field).map((container) => text(container, 'name'));
  const containers = names('containers');
  const init = names('initContainers');
  if (asked !== '') {
    if ([...containers, ...init, ...names('ephemeralContainers')].includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${pod.metadata.name}`);
  }
  const [only] = containers;
  if (containers.length === 1 && only !== undefined) return only;
  let message = `a container name must be specified for pod ${pod.metadata.name}`;
  if (containers.length > 0) message += `, choose one of: [${containers.join(' ')}]`;
  if (init.length > 0) message += ` or one of the init containers: [${init.join(' ')}]`;
  throw badRequest(message);
}

function readChoice(context: ServerContext, query: URLSearchParams): LineChoice {
  const number = (name: string): number | undefined => {
    const value = query.get(name);
    if (value === null) return undefined;
    if (!/^\d+$/.test(value)) throw badRequest(`${name}: Invalid value: "${value}": must be a number of 0 or more`);
    return Number(value);
  };
  const sinceTime = query.get('sinceTime');
  const sinceSeconds = number('sinceSeconds');
  if (sinceTime !== null && sinceSeconds !== undefined) {
    throw badRequest('at most one of sinceTime or sinceSeconds may be specified');
  }
  const shiftMs = context.options.timeShiftMs ?? 0;
  const sinceMs = sinceTime === null ? undefined : Date.parse(sinceTime) - shiftMs;
  if (Number.isNaN(sinceMs))
    throw badRequest(`sinceTime: Invalid value: "${sinceTime ?? ''}": must be an RFC 3339 time`);
  return {
    nowMs: context.storedNow(),
    shiftMs,
    sinceMs: sinceSeconds === undefined ? sinceMs : context.storedNow() - sinceSeconds * 1000,
    tailLines: number('tailLines'),
    limitBytes: number('limitBytes'),
    timestamps: isSet(query, 'timestamps'),
  };
}

/** Throws the 500 of an API server that cannot dial the node's kubelet. */
function requireKubelet(
  context: ServerContext,
  pod: KubeObject,
  nodeName: string,
  container: string,
  query: URLSearchParams,
): void {
  const node = context.store.get({ apiVersion: 'v1', kind: 'Node', name: nodeName });
  const fault = context.options.kubelets?.[nodeName] ?? (kubeletIsSilent(node) ? 'refused' : undefined);
  if (fault === undefined) return;
  const addresses = items(node, 'status', 'addresses');
  const port = count(node, 'status', 'daemonEndpoints', 'kubeletEndpoint', 'Port') || KUBELET_PORT;
  const internal = addresses.find((address) => text(address, 'type') === 'InternalIP');
  const host = `${text(internal, 'address') || text(pod, 'status', 'hostIP') || nodeName}:${port}`;
  const passed = new URLSearchParams([...query].filter(([name]) => name !== 'container'));
  passed.sort();
  const suffix = passed.size > 0 ? `?${passed.toString()}` : '';
  const url = `https://${host}/containerLogs/${pod.metadata.namespace ?? ''}/${pod.metadata.name}/${container}${suffix}`;
  const shown = quotesUrlErrors(context.version.minor) ? `"${url}"` : url;
  throw new StatusError(500, '', `Get ${shown}: dial tcp ${host}: ${DIAL_ERRORS[fault]}`);
}

function kubeletIsSilent(node: KubeObject | undefined): boolean {
  return items(node, 'status', 'conditions').some(
    (c) => text(c, 'type') === 'Ready' && text(c, 'status') === 'Unknown',
  );
}

function statusOf(pod: KubeObject, container: string): unknown {
  return ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses']
    .flatMap((field) => items(pod, 'status', field))
    .find((status) => text(status, 'name') === container);
}

/** Throws the kubelet's 400 where there is no such log. */
function requireStarted(pod: KubeObject, container: string, previous: boolean): void {
  const status = statusOf(pod, container);
  const subject = `container "${container}" in pod "${pod.metadata.name}"`;
  if (previous) {
    if (present(status, 'lastState', 'terminated')) return;
    throw badRequest(`previous terminated ${subject} not found`);
  }
  const state = at(status, 'state');
  if (present(state, 'running') || present(state, 'terminated') || present(status, 'lastState', 'terminated')) return;
  if (!present(state, 'waiting')) throw badRequest(`${subject} is waiting to start - no logs yet`);
  const reason = text(state, 'waiting', 'reason');
  throw badRequest(`${subject} is waiting to start: ${WAITING_REASONS[reason] ?? reason}`);
}

const WAITING_REASONS: Record<string, string> = {
  ErrImagePull: "image can't be pulled",
  ImagePullBackOff: 'trying and failing to pull image',
};
