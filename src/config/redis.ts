/** Where Redis is; the same for bot and worker. */
import { z } from 'zod';
import { field } from './fields.ts';

// A path may have spaces, an address may not.
const url = z.string().regex(/^(rediss?:\/\/\S+|unix:\/\/\/.+)$/);

export const REDIS_FIELDS = {
  redisUrl: field({
    name: 'REDIS_URL',
    about: 'Redis 7 or newer, reachable without cluster DNS: its outage must not be the outage you diagnose.',
    expected: 'an address such as redis://10.0.0.5:6379/0, rediss://… for TLS, or unix:///path/to/socket',
    schema: url,
    secret: true,
    fallback: 'redis://127.0.0.1:6379/0',
  }),
};
