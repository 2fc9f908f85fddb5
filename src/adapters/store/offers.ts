/** What the buttons of a report stand for: offers signed by the worker. A button carries nothing but the id. */
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { FixOffer } from '../../core/fix.ts';
import { ForgedRecord } from '../../core/forged-record.ts';
import { type Keys, Signature, signValue, verifyValue } from '../../core/signing.ts';
import type { Log } from '../log.ts';
import { PREFIX, parseRecord } from './record.ts';

export interface Offers {
  /** Keeps an offer; the same id again replaces it. @throws Error for another role than the worker. */
  save(offer: FixOffer): Promise<void>;
  /** @throws ForgedRecord where it was not the worker that made this offer. */
  load(id: string): Promise<FixOffer | undefined>;
}

const StoredOffer = z.object({ offer: FixOffer, signature: Signature });
const MOST_TEXT = 64 * 1024;

export function createOffers(
  redis: Redis,
  options: { readonly keys: Keys; readonly keepSeconds: number },
  log: Log,
): Offers {
  const { keys, keepSeconds } = options;
  const key = (id: string): string => `${PREFIX}fix-offer:${id}`;
  return {
    async save(given) {
      if (keys.role !== 'worker') throw new Error(`the ${keys.role} offers no fix: that is the worker's`);
      const offer = FixOffer.parse(given);
      const stored = { offer, signature: signValue(keys, 'offer', offer) };
      await redis.set(key(offer.id), JSON.stringify(stored), 'EX', keepSeconds);
    },
    async load(id) {
      if (!FixOffer.shape.id.safeParse(id).success) return undefined;
      if ((await redis.strlen(key(id))) > MOST_TEXT) throw new ForgedRecord(id, 'it is too large');
      const text = await redis.get(key(id));
      if (text === null) return undefined;
      const stored = parseRecord(StoredOffer, text, key(id), log);
      if (stored === undefined) throw new ForgedRecord(id, 'it is not an offer');
      if (stored.offer.id !== id) throw new ForgedRecord(id, `it is the offer ${stored.offer.id}`);
      if (!verifyValue(keys, 'worker', 'offer', stored.offer, stored.signature))
        throw new ForgedRecord(id, "its signature is not the worker's");
      return stored.offer;
    },
  };
}
