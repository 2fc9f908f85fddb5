/** Label and field selectors, with the API server's grammar. */
import { scalar } from './json.ts';
import { badRequest } from './status-error.ts';
import type { KubeObject } from './types.ts';

/** Whether an object is selected. */
export type Predicate = (object: KubeObject) => boolean;

/** One term of a field selector. */
export interface FieldTerm {
  path: string;
  equal: boolean;
  value: string;
}

const NAME = '[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?';
const KEY = `(?:${NAME}/)?${NAME}`;
const EXISTS = new RegExp(`^(!?)\\s*(${KEY})$`);
const COMPARES = new RegExp(`^(${KEY})\\s*(==|=|!=|>|<)\\s*(${NAME})?$`);
const IN_SET = new RegExp(`^(${KEY})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);

/** Compiles `a=b,c!=d,e in (x,y),!f`; throws a 400 Status for what is not one. An empty selector selects everything. */
export function parseLabelSelector(selector: string): Predicate {
  const terms = splitTopLevel(selector).map(parseLabelTerm);
  return (object) => {
    const labels = object.metadata.labels ?? {};
    return terms.every((term) => term(labels));
  };
}

type LabelTerm = (labels: Record<string, string>) => boolean;

function parseLabelTerm(term: string): LabelTerm {
  const inSet = IN_SET.exec(term);
  if (inSet !== null) {
    const [, key = '', operator, list = ''] = inSet;
    const values = new Set(list.split(',').map((value) => value.trim()));
    return (labels) => values.has(labelOf(labels, key) ?? '\0') === (operator === 'in');
  }
  const compares = COMPARES.exec(term);
  if (compares !== null) {
    const [, key = '', operator, value = ''] = compares;
    if (operator === '!=') return (labels) => labelOf(labels, key) !== value;
    if (operator === '>') return (labels) => Number(labelOf(labels, key) ?? Number.NaN) > Number(value);
    if (operator === '<') return (labels) => Number(labelOf(labels, key) ?? Number.NaN) < Number(value);
    return (labels) => labelOf(labels, key) === value;
  }
  const exists = EXISTS.exec(term);
  if (exists !== null) {
    const [, not, key = ''] = exists;
    return (labels) => (labelOf(labels, key) !== undefined) === (not === '');
  }
  throw badRequest(
    `unable to parse requirement: found '${term}', expected: identifier, '!', 'in', 'notin', '=', '==', '!='`,
  );
}

function labelOf(labels: Record<string, string>, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

/** Splits at commas outside parentheses; drops blank parts. */
function splitTopLevel(selector: string): string[] {
  return selector
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Reads `a=b,c!=d` with `\,`, `\=` and `\\` as escapes; throws a 400 Status for a field that is not among the known. */
export function parseFieldSelector(selector: string, known: readonly string[]): FieldTerm[] {
  const parts = selector.match(/(?:\\.|[^,\\])+/g) ?? [];
  return parts.map((part) => {
    const match = /^([^=!]+?)(==|!=|=)(.*)$/s.exec(part.trim());
    if (match === null) throw badRequest(`invalid field selector: "${selector}"; can't understand "${part}"`);
    const [, path = '', operator, value = ''] = match;
    if (!known.includes(path)) throw badRequest(unknownField(path, known));
    return { path, equal: operator !== '!=', value: value.replaceAll(/\\(.)/g, '$1') };
  });
}

/** The name that a field selector pins, if it does; never throws. */
export function parseFieldSelectorName(selector: string): string | undefined {
  return /(?:^|,)metadata\.name==?([^,=!\\]+)(?:,|$)/.exec(selector)?.[1];
}

function unknownField(path: string, known: readonly string[]): string {
  return known.length === META_FIELDS.length
    ? `"${path}" is not a known field selector: only "metadata.name", "metadata.namespace"`
    : `field label not supported: ${path}`;
}

/** Compiles parsed terms. */
export function fieldPredicate(terms: readonly FieldTerm[]): Predicate {
  return (object) => terms.every((term) => (fieldValue(object, term.path) === term.value) === term.equal);
}

const META_FIELDS = ['metadata.name', 'metadata.namespace'];
const EVENT_OBJECT = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];

const FIELDS: Record<string, readonly string[]> = {
  '/Pod': [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.podIPs',
    'status.nominatedNodeName',
  ],
  '/Node': ['spec.unschedulable'],
  '/Namespace': ['status.phase', 'name'],
  '/Secret': ['type'],
  '/Service': ['spec.clusterIP', 'spec.type'],
  '/ReplicationController': ['status.replicas'],
  '/Event': [
    ...EVENT_OBJECT.map((field) => `involvedObject.${field}`),
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  'events.k8s.io/Event': [
    ...EVENT_OBJECT.map((field) => `regarding.${field}`),
    'reason',
    'reportingController',
    'type',
  ],
  'apps/ReplicaSet': ['status.replicas'],
  'batch/Job': ['status.successful'],
  'certificates.k8s.io/CertificateSigningRequest': ['spec.signerName'],
};

/** By which fields a kind can be selected on a server of this minor version. */
export function fieldsOf(group: string, kind: string, minor: number): readonly string[] {
  const own = FIELDS[`${group}/${kind}`] ?? [];
  return [...META_FIELDS, ...own.filter((field) => (FIELD_SINCE[`${kind} ${field}`] ?? 0) <= minor)];
}

/** The minor version in which a kind's field became selectable, where that is later than v1.18. */
const FIELD_SINCE: Record<string, number> = {
  'Pod spec.hostNetwork': 28,
  'Pod status.podIPs': 21,
  'Service spec.clusterIP': 31,
  'Service spec.type': 31,
};

/** Where a selectable field is not read from the path of its own name. */
const ALIASES: Record<string, string> = {
  name: 'metadata.name',
  source: 'source.component',
  'status.successful': 'status.succeeded',
};

/** What an absent field reads as, where it is not the empty string. */
const DEFAULTS: Record<string, string> = {
  'spec.unschedulable': 'false',
  'spec.hostNetwork': 'false',
  'status.replicas': '0',
  'status.successful': '0',
};

function fieldValue(object: KubeObject, path: string): string {
  const found = scalar(object, ...(ALIASES[path] ?? path).split('.'));
  return found === '' ? (DEFAULTS[path] ?? '') : found;
}
