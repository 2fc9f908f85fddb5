/** The shapes that the API server emulator is given and gives back. */
import type { Authority } from '../../tls/certificates.ts';
import type { ObjectStore } from './object-store.ts';

/** Metadata as far as the emulator reads it; the rest is served as given. */
interface ObjectMeta {
  name: string;
  namespace?: string | undefined;
  uid?: string | undefined;
  resourceVersion?: string | undefined;
  creationTimestamp?: string | null | undefined;
  deletionTimestamp?: string | null | undefined;
  labels?: Record<string, string> | null | undefined;
  annotations?: Record<string, string> | null | undefined;
  [field: string]: unknown;
}

/** Any Kubernetes object, as JSON. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

/** What an identity may do, in RBAC's words. Without `namespace` it holds in all of them and at the cluster scope. */
export interface Rule {
  apiGroups?: string[];
  /** `pods`, `pods/log`, `*` */
  resources?: string[];
  verbs: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
  /** As a RoleBinding would: only in this namespace. */
  namespace?: string;
}

/** Who a bearer token stands for. The group `system:masters` may do everything. */
export interface Identity {
  user: string;
  groups: string[];
  allow: Rule[];
}

/** Which requests a fault strikes; both given means both must match. */
export interface FaultMatch {
  path?: RegExp;
  /** The verb of the API: get, list, watch, create, … */
  verb?: string;
}

/** What happens to a struck request; a delay can be combined with any of the others. */
export interface FaultEffect {
  status?: 403 | 404 | 410 | 429 | 500 | 503;
  delayMs?: number;
  /** Never answers; the connection stays open. */
  hang?: boolean;
  /** The connection is cut without an answer. */
  reset?: boolean;
  /** The headers promise the whole body, half of it comes, then the connection is cut. */
  truncateBody?: boolean;
  /** Status 200 and a body that is not JSON. */
  garbage?: boolean;
  /** Strikes this many times, then never again. */
  times?: number;
}

/** Faults from the start. */
export type FaultTable = { match: FaultMatch; effect: FaultEffect }[];

/** One answered (or cut) request. */
export interface RequestRecord {
  method: string;
  path: string;
  query: string;
  verb: string;
  user: string;
  /** 0 while unanswered, and for a request that was cut without an answer. */
  status: number;
  /** Bytes of body written, as sent (compressed if it was). */
  bytes: number;
  /** The API group; '' also for a path that is no resource. */
  group: string;
  /** With its subresource: `deployments/scale`; '' for a path that is no resource. */
  resource: string;
  namespace: string;
  name: string;
  /** Whether `dryRun` was asked for, in the query or in the body of a delete or an eviction. */
  dryRun: boolean;
  /** Every right that was asked for on the way; most often one, two where an apply creates or a signer is needed. */
  rights: RightUse[];
}

/** One right that a request needed, in RBAC's words. */
export interface RightUse {
  verb: string;
  group: string;
  /** With its subresource. */
  resource: string;
  namespace: string;
  name: string;
  allowed: boolean;
}

/** A write as an admission webhook would see it. */
export interface AdmissionRequest {
  operation: 'CREATE' | 'UPDATE' | 'DELETE';
  user: string;
  groups: string[];
  group: string;
  version: string;
  resource: string;
  subresource: string | undefined;
  namespace: string | undefined;
  name: string;
  /** Undefined for a delete. */
  object: KubeObject | undefined;
  /** Undefined for a create. */
  oldObject: KubeObject | undefined;
  dryRun: boolean;
}

/** Why a write is refused; the message is sent as it is. */
export interface AdmissionRefusal {
  status: 400 | 403 | 409 | 422 | 429 | 500;
  message: string;
  /** `{causes: [{reason, message, field}]}` */
  details?: Record<string, unknown>;
}

/** One stored write of a client; what is put into the store directly is none. */
export interface WriteChange {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  verb: string;
  user: string;
  group: string;
  resource: string;
  subresource: string | undefined;
  object: KubeObject;
  previous: KubeObject | undefined;
}

/** How a kubelet that cannot be reached fails. */
export type KubeletFault = 'refused' | 'timeout' | 'no-route';

/** See `startApiServer`. */
export interface ApiServerOptions {
  /** `v1.18.2`: decides which groups, versions and columns are served. */
  version: string;
  objects: KubeObject[];
  /** Log text by `namespace/pod/container`. */
  logs?: Record<string, string>;
  previousLogs?: Record<string, string>;
  /** Added to all RFC 3339 times of objects when they are served. */
  timeShiftMs?: number;
  /** Rewrites a log before it is served; without it, times inside logs stay as recorded. */
  shiftLog?: (text: string, timeShiftMs: number) => string;
  /** By bearer token. */
  identities?: Record<string, Identity>;
  /** Health checks that differ from "ok", by name: `{etcd: false}`. */
  readyz?: Record<string, boolean>;
  readyzLatencyMs?: number;
  faults?: FaultTable;
  /** Kubelets that do not answer, by node. Without an entry: refused where the node's Ready condition is Unknown. */
  kubelets?: Record<string, KubeletFault>;
  /** Changes kept per kind for watches and continue tokens. Default 1000. */
  watchWindow?: number;
  /** Asked before each write, also before a dry run; gives the refusal, or nothing to let it pass. */
  admission?: (request: AdmissionRequest) => AdmissionRefusal | undefined;
  /** Called after each stored write of a client, before it is answered: the place for simulated controllers. */
  onWrite?: (change: WriteChange) => void;
  /** Only 127.0.0.1 is accepted. */
  host?: string;
}

/** A running emulator. */
export interface ApiServer {
  url: string;
  caPem: string;
  /** Signs further certificates that this server trusts: other users, expired ones. */
  authority: Authority;
  /** A kubeconfig (JSON, which is YAML): of the admin (client certificate), or of a token or user name in `identities`. */
  kubeconfig(identity?: string): string;
  objects: ObjectStore;
  requests: RequestRecord[];
  /** Health checks by name; `set('etcd', false)` makes the next answer fail. */
  checks: Map<string, boolean>;
  faults: { set(match: FaultMatch, effect: FaultEffect): void; clear(): void };
  /** Cuts all open connections, watches among them; new ones are accepted. */
  dropConnections(): void;
  close(): Promise<void>;
}
