/** Evidence from the API server about what Pods are measured by before they are let in: quotas, limits, accounts. */
import { z } from 'zod';

const Amounts = z.record(z.string(), z.string());

/** The ResourceQuotas of the item's Namespace: what may be used, and what is. */
export const ResourceQuotas = z.array(z.object({ name: z.string(), hard: Amounts, used: Amounts }));

/** The LimitRanges of the item's Namespace. */
export const LimitRanges = z.array(
  z.object({
    name: z.string(),
    limits: z.array(
      z.object({
        type: z.string(),
        max: Amounts.optional(),
        min: Amounts.optional(),
        maxLimitRequestRatio: Amounts.optional(),
      }),
    ),
  }),
);

/** Whether the item's ServiceAccount is there. */
export const ServiceAccountFound = z.object({ exists: z.boolean() });
