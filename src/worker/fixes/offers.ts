/** Fixes that a report offers: one for each remediation of a proven cause, under an id that is the same at each delivery. */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../../core/canonical-json.ts';
import type { Diagnosis } from '../../core/diagnosis.ts';
import { FIX_VERSION, FixOffer, type FixRecord } from '../../core/fix.ts';
import type { DiagnoseJob } from '../../core/jobs.ts';
import type { Remediation } from '../../core/remediation.ts';
import { remediationOf } from '../../remediations/index.ts';

/** More than these are not drawn. */
const MOST = 12;

/** Gives the offers of a diagnosis. Only what is confirmed is offered, and only by remediations that this version has. */
export function offersOf(
  diagnosis: Diagnosis,
  job: Pick<DiagnoseJob, 'id' | 'cluster' | 'question' | 'language'>,
  place: FixRecord['place'],
  byId: (id: string) => Remediation | undefined = remediationOf,
): FixOffer[] {
  if (diagnosis.verdict !== 'cause-found') return [];
  const { id: dx, cluster, question, language } = job;
  const offers = diagnosis.causes
    .filter((cause) => cause.confidence === 'confirmed')
    .flatMap(({ rule, object, remediations = [] }) =>
      remediations
        .filter((hint) => byId(hint.id)?.fixes.includes(rule) === true)
        .map(({ id: remediation, params }): FixOffer => {
          const stands = { cluster, diagnosis: dx, rule, object, remediation, params: { ...params } };
          return FixOffer.parse({ version: FIX_VERSION, id: offerId(stands), ...stands, question, place, language });
        }),
    );
  return [...new Map(offers.map((offer) => [offer.id, offer])).values()].slice(0, MOST);
}

function offerId(stands: object): string {
  const digest = createHash('sha256').update(canonicalJson(stands)).digest('hex');
  return `of-${BigInt(`0x${digest.slice(0, 24)}`)
    .toString(36)
    .padStart(10, '0')}`;
}
