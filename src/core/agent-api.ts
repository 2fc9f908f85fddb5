/** What worker and agent say to each other over mutual TLS: `POST /v1/ask` and its answer. */
import { z } from 'zod';
import { NODE_KINDS, type NodeKind } from './evidence/kinds.ts';

/** The agent's port on every node. */
export const AGENT_PORT = 10850;
/** Upper bounds, enforced on both ends. */
export const AGENT_LIMITS = {
  requestBytes: 256 * 1024,
  answerBytes: 4 * 1024 * 1024,
  requests: 64,
  tcpTargets: 256,
  routeTargets: 256,
} as const;

const address = z.union([z.ipv4(), z.ipv6()]);
const port = z.number().int().min(1).max(65535);

/** Parameters of the kinds that take some; every other kind takes none. Unknown parameters are refused. */
export const PROBE_PARAMS = {
  'node-tcp': z.strictObject({
    targets: z.array(z.strictObject({ address, port })).min(1).max(AGENT_LIMITS.tcpTargets),
    timeoutMs: z.number().int().min(100).max(5000).default(2000),
  }),
  'node-route-get': z.strictObject({ to: z.array(address).min(1).max(AGENT_LIMITS.routeTargets) }),
  /** NodePorts on whatever address, and everything of some addresses of Services. */
  'node-service-proxy': z.strictObject({
    ports: z
      .array(z.strictObject({ port, protocol: z.enum(['TCP', 'UDP', 'SCTP']).default('TCP') }))
      .max(64)
      .default([]),
    clusterIPs: z.array(address).max(64).default([]),
  }),
  /** Without `covering` all routes; with it those that lead to one of the addresses, and every default route. */
  'node-routes': z.strictObject({ covering: z.array(address).min(1).max(AGENT_LIMITS.routeTargets).optional() }),
  /** Without `neighbours` all sessions; with it those with one of them, those that are not up, and a few more. */
  'node-bird': z.strictObject({ neighbours: z.array(address).min(1).max(AGENT_LIMITS.routeTargets).optional() }),
  'node-journal': z.strictObject({
    unit: z.string().regex(/^[A-Za-z0-9@._][A-Za-z0-9@._:-]{0,199}$/, 'a unit name has letters, digits and @ . _ : -'),
    lines: z.number().int().min(1).max(1000).default(200),
  }),
  'pod-listeners': z.strictObject({
    podUid: z.string().regex(/^[0-9a-f-]{8,64}$/i),
    namespace: z.string().max(253),
    name: z.string().max(253),
  }),
} as const;
export type ProbeParams = { [K in keyof typeof PROBE_PARAMS]: z.infer<(typeof PROBE_PARAMS)[K]> };

/** One fact asked of an agent. */
export const ProbeRequest = z.strictObject({
  kind: z.enum(NODE_KINDS as [NodeKind, ...NodeKind[]]),
  params: z.record(z.string(), z.unknown()).default({}),
});
export type ProbeRequest = z.input<typeof ProbeRequest>;

/** `networks` are the cluster's own ranges and addresses: the agent connects to nothing outside them. */
export const AskRequest = z.strictObject({
  version: z.literal(1),
  deadlineMs: z.number().int().min(100).max(60_000),
  networks: z.array(z.string().max(64)).max(20_000),
  requests: z.array(ProbeRequest).min(1).max(AGENT_LIMITS.requests),
});
export type AskRequest = z.input<typeof AskRequest>;

const answered = {
  kind: z.enum(NODE_KINDS as [NodeKind, ...NodeKind[]]),
  part: z.string().max(253).optional(),
  command: z.string().max(500),
  at: z.string().max(40),
};

/** One fact answered: collected with a value of the kind's schema, or unavailable with one sentence. */
export const ProbeAnswer = z.discriminatedUnion('status', [
  z.object({ ...answered, status: z.literal('collected'), value: z.unknown() }),
  z.object({ ...answered, status: z.literal('unavailable'), reason: z.string().max(500) }),
]);
export type ProbeAnswer = z.infer<typeof ProbeAnswer>;

/** The whole answer, in the order of the requests. `node` is the name that the agent was configured with. */
export const AskAnswer = z.object({
  version: z.literal(1),
  node: z.string().max(253),
  agentVersion: z.string().max(64),
  now: z.string().max(40),
  answers: z.array(ProbeAnswer).max(AGENT_LIMITS.requests),
});
export type AskAnswer = z.infer<typeof AskAnswer>;
