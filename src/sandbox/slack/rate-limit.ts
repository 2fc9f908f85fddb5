/** Slack's rate limits: per method and workspace by tier, and one message a second in each channel with a small burst. */
import type { Clock } from './clock.ts';

/** A tier of facts/slack.md §1.3. `post` is chat.postMessage's own rule; `special` is generous and not counted here. */
export type Tier = 1 | 2 | 3 | 4 | 'post' | 'special';

/** Calls allowed in any 60 seconds. Slack promises these as minima; the emulator grants no more. */
const CALLS_PER_MINUTE: Record<1 | 2 | 3 | 4, number> = { 1: 1, 2: 20, 3: 50, 4: 100 };

/** "Several hundred per minute" for the whole workspace. */
const POSTS_PER_MINUTE = 300;

const WINDOW_MS = 60_000;

export interface RateLimiter {
  /** Counts one call. Returns undefined when it may pass, else the seconds of Retry-After. */
  take(method: string, tier: Tier, channel?: string): number | undefined;
}

/** Makes a limiter; `burst` is how many messages a channel takes at once before one a second is enforced. */
export function makeRateLimiter(clock: Clock, enabled: boolean, burst: number): RateLimiter {
  const windows = new Map<string, number[]>();
  const buckets = new Map<string, { tokens: number; at: number }>();

  const overWindow = (key: string, limit: number): number | undefined => {
    const now = clock.now();
    const recent = (windows.get(key) ?? []).filter((at) => at > now - WINDOW_MS);
    windows.set(key, recent);
    if (recent.length < limit) {
      recent.push(now);
      return undefined;
    }
    const oldest = recent[recent.length - limit] ?? now;
    return Math.max(1, Math.ceil((oldest + WINDOW_MS - now) / 1000));
  };

  const overChannel = (channel: string): number | undefined => {
    const now = clock.now();
    const bucket = buckets.get(channel) ?? { tokens: burst, at: now };
    bucket.tokens = Math.min(burst, bucket.tokens + (now - bucket.at) / 1000);
    bucket.at = now;
    buckets.set(channel, bucket);
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1;
      return undefined;
    }
    return Math.max(1, Math.ceil(1 - bucket.tokens));
  };

  return {
    take(method, tier, channel) {
      if (!enabled || tier === 'special') return undefined;
      if (tier !== 'post') return overWindow(method, CALLS_PER_MINUTE[tier]);
      return (channel === undefined ? undefined : overChannel(channel)) ?? overWindow(method, POSTS_PER_MINUTE);
    },
  };
}
