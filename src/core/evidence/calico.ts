/** Evidence from the API server about Calico: how it was installed, its pools, peers and block affinities. */
import { z } from 'zod';

const Env = z.record(z.string(), z.string());

/** How Calico is installed. `env` is calico-node's own; `version` is read from its image's tag, without the v. */
export const CalicoInstall = z.object({
  kind: z.enum(['manifest', 'operator', 'none']),
  namespace: z.string().optional(),
  version: z.string().optional(),
  image: z.string().optional(),
  env: Env,
  /** Values of `env` that come from elsewhere (a ConfigMap key, the downward API), by name. */
  envFrom: Env,
  apiGroup: z.string().optional(),
  /** Operator only: the one autodetection method of Installation spec.calicoNetwork, in calico-node's own spelling. */
  operatorMethod: z.string().optional(),
  operatorDegraded: z.string().optional(),
  ignoreAnnotation: z.boolean().optional(),
});
export type CalicoInstall = z.infer<typeof CalicoInstall>;

export const CalicoIpPools = z.array(
  z.object({
    name: z.string(),
    cidr: z.string(),
    ipipMode: z.string(),
    vxlanMode: z.string(),
    natOutgoing: z.boolean(),
    disabled: z.boolean(),
    blockSize: z.number().optional(),
    nodeSelector: z.string().optional(),
  }),
);

/** BGPConfiguration default; where the object is absent the defaults hold (mesh on, AS 64512, port 179). */
export const CalicoBgpConfig = z.object({
  present: z.boolean(),
  meshEnabled: z.boolean(),
  asNumber: z.number(),
  listenPort: z.number(),
  programClusterRoutes: z.string().optional(),
});

export const CalicoBgpPeers = z.array(
  z.object({
    name: z.string(),
    node: z.string().optional(),
    nodeSelector: z.string().optional(),
    peerIP: z.string().optional(),
    peerSelector: z.string().optional(),
    asNumber: z.number().optional(),
  }),
);

export const CalicoBlockAffinities = z.array(
  z.object({ node: z.string(), cidr: z.string(), state: z.string(), deleted: z.boolean() }),
);

/** FelixConfiguration default: only what routing needs. */
export const CalicoFelixConfig = z.object({ present: z.boolean(), programClusterRoutes: z.string().optional() });
