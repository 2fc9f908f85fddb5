/** What bot and worker both take: language, log level, where health checks are answered. */
import { z } from 'zod';
import { type Field, field, wholeNumber } from './fields.ts';

/** A cluster's name: it becomes part of a queue's name. */
export const clusterName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._@/-]{0,252}$/);

export const COMMON_FIELDS = {
  language: field<'en' | 'zh-cn'>({
    name: 'KUBEWHY_LANGUAGE',
    about: 'The language of everything that a whole channel reads. Private answers follow the language of the person.',
    expected: 'en or zh-cn',
    schema: z.enum(['en', 'zh-cn']),
    fallback: 'en',
  }),
  logLevel: field<'debug' | 'info' | 'warn' | 'error'>({
    name: 'KUBEWHY_LOG_LEVEL',
    about: 'The least level that is logged.',
    expected: 'debug, info, warn or error',
    schema: z.enum(['debug', 'info', 'warn', 'error']),
    fallback: 'info',
  }),
  healthHost: field({
    name: 'KUBEWHY_HEALTH_HOST',
    about: 'The address on which health checks are answered.',
    expected: 'an address of this machine',
    schema: z.string().max(253),
    fallback: '127.0.0.1',
  }),
};

/** The port for health checks; one name for each process, so that several may run in one. */
export function healthPort(name: string): Field<number> {
  return field({
    name,
    about: 'Port for /healthz and /readyz; 0 opens none.',
    expected: 'a port from 0 to 65535',
    schema: wholeNumber(0, 65_535),
    fallback: '0',
  });
}
