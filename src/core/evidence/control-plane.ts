/** Evidence from the API server about the control plane: its own health checks, leader leases. */
import { z } from 'zod';
import { Time } from './cluster.ts';

/** `GET /readyz?verbose`, and how long a trivial read took. */
export const ApiHealth = z.object({
  ok: z.boolean(),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean() })),
  latencyMs: z.number(),
});

/** Leader election records of kube-controller-manager and kube-scheduler (Lease, or the Endpoints annotation before v1.20). */
export const LeaderLeases = z.array(
  z.object({
    component: z.string(),
    holder: z.string().optional(),
    renewTime: Time.optional(),
    durationSeconds: z.number().optional(),
    transitions: z.number().optional(),
  }),
);
