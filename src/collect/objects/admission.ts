/** ResourceQuotas and LimitRanges: from the API server's form to evidence. */
import { z } from 'zod';
import { filled, list, part, pruned, RawLabels, RawMeta } from './raw.ts';

const RawQuota = z.object({
  metadata: RawMeta,
  spec: part(z.object({ hard: RawLabels })),
  status: part(z.object({ hard: RawLabels, used: RawLabels })),
});

/** Gives a quota; before its controller has looked, its status is empty and its spec counts. @throws z.ZodError */
export function toQuota(input: unknown) {
  const { metadata, spec, status } = RawQuota.parse(input);
  return { name: metadata.name, hard: filled(status.hard) ?? spec.hard, used: status.used };
}

const RawLimitRange = z.object({
  metadata: RawMeta,
  spec: part(
    z.object({
      limits: list(z.object({ type: z.string(), max: RawLabels, min: RawLabels, maxLimitRequestRatio: RawLabels })),
    }),
  ),
});

/** Gives a LimitRange. @throws z.ZodError where the input is none. */
export function toLimitRange(input: unknown) {
  const { metadata, spec } = RawLimitRange.parse(input);
  const limits = spec.limits.map(({ type, max, min, maxLimitRequestRatio }) =>
    pruned({ type, max: filled(max), min: filled(min), maxLimitRequestRatio: filled(maxLimitRequestRatio) }),
  );
  return { name: metadata.name, limits };
}
