/** What buttons of fixes work with. Without the bot's key there is none of it: fixes are off. */
import type { Redis } from 'ioredis';
import { loadKeys } from '../../adapters/keys/keys.ts';
import type { Log } from '../../adapters/log.ts';
import { createFixProducer, type FixProducer } from '../../adapters/queue/fix-queues.ts';
import { type Audit, createAudit } from '../../adapters/store/audit.ts';
import { createFixClaims, type FixClaims } from '../../adapters/store/fix-claims.ts';
import { createFixes, createOffers, type Fixes, type Offers } from '../../adapters/store/fixes.ts';
import type { BotConfig } from '../../config/bot.ts';
import { type PolicySource, policySource } from '../../config/policy-file.ts';
import type { Keys } from '../../core/signing.ts';
import { REMEDIATIONS } from '../../remediations/index.ts';

export interface FixDeps {
  readonly keys: Keys;
  readonly fixes: Fixes;
  readonly offers: Pick<Offers, 'load'>;
  readonly claims: FixClaims;
  readonly audit: Audit;
  readonly producer: Pick<FixProducer, 'nudge'>;
  /** Undefined where no policy is named: then plans are shown only. */
  readonly policy: PolicySource | undefined;
}

/** Fixes are looked up for so long after their last change. */
const KEEP_SECONDS = 30 * 24 * 3600;

/**
 * Opens what fixes need, or nothing where the bot has no key. `close` ends the queue's connections.
 * @throws UserError `keys-…` where a key cannot be used; ConfigError where the policy file cannot.
 */
export function openFixes(
  config: Pick<BotConfig, 'keyFile' | 'trustFile' | 'policyFile'>,
  redis: Redis,
  log: Log,
): { readonly deps: FixDeps; close(): Promise<void> } | undefined {
  const { keyFile, trustFile, policyFile } = config;
  if (keyFile === undefined || trustFile === undefined) return undefined;
  const keys = loadKeys({ role: 'bot', keyFile, trustFile });
  const producer = createFixProducer(redis, (error) => log.warn({ err: error }, 'queue error'));
  const ids = REMEDIATIONS.map((remediation) => remediation.id);
  const policy =
    policyFile === undefined
      ? undefined
      : policySource(policyFile, ids, {
          onProblem: (problems) => log.error({ problems }, 'the policy cannot be used: nobody may approve anything'),
          onRead: () => log.info('policy read'),
        });
  // Looked at once now, so that a mistake in it stands in the log from the start.
  policy?.current();
  const options = { keys, keepSeconds: KEEP_SECONDS };
  return {
    deps: {
      keys,
      fixes: createFixes(redis, options, log),
      offers: createOffers(redis, options, log),
      claims: createFixClaims(redis),
      audit: createAudit(redis, keys, log),
      producer,
      policy,
    },
    close: () => producer.close(),
  };
}
