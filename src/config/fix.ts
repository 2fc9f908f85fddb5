/** Settings of fixes: the keys of the three processes, whom they believe, and the policy. Without them nothing can be run. */
import { z } from 'zod';
import { ConfigError, type Environment, field, readFields, type Values } from './fields.ts';
import { REDIS_FIELDS } from './redis.ts';

const path = z.string().min(1).max(4096);

const keyField = (name: string, process: string) =>
  field<string | undefined>({
    name,
    about: `The private key of the ${process}, made by kubewhy keys; no other process gets it. Without it nothing is run.`,
    expected: 'the path of a PEM file',
    schema: path,
    optional: true,
    example: `/etc/kubewhy/keys/${process}.key`,
  });

const TRUST = field<string | undefined>({
  name: 'KUBEWHY_TRUST',
  about: 'The public keys of bot, worker and remediator, made by kubewhy keys; the same file for all three.',
  expected: 'the path of a JSON file',
  schema: path,
  optional: true,
  example: '/etc/kubewhy/keys/trust.json',
});

const POLICY = field<string | undefined>({
  name: 'KUBEWHY_POLICY',
  about:
    'Who may approve which fix, as in deploy/policy.example.yaml; the same file for bot and remediator. Without it nothing is run.',
  expected: 'the path of a YAML file',
  schema: path,
  optional: true,
  example: '/etc/kubewhy/policy.yaml',
});

/** What the bot takes. */
export const BOT_FIX_FIELDS = { keyFile: keyField('KUBEWHY_BOT_KEY', 'bot'), trustFile: TRUST, policyFile: POLICY };
/** What the worker takes: it decides nobody's leave, so it needs no policy. */
export const WORKER_FIX_FIELDS = { keyFile: keyField('KUBEWHY_WORKER_KEY', 'worker'), trustFile: TRUST };

/** What the remediator takes: it does not start without. */
export const REMEDIATOR_FIX_FIELDS = {
  keyFile: field({
    name: 'KUBEWHY_REMEDIATOR_KEY',
    about:
      'The private key of the remediator, made by kubewhy keys; no other process gets it. It signs plans and grants.',
    expected: 'the path of a PEM file',
    schema: path,
    example: '/etc/kubewhy/keys/remediator.key',
  }),
  trustFile: field({ ...TRUST, schema: path, optional: false }),
  policyFile: field({ ...POLICY, schema: path, optional: false }),
};

/** @throws ConfigError where only one of key and trust file is given: half of the two is a slip, not a wish. */
export function checkFixFields(
  config: { readonly keyFile: string | undefined; readonly trustFile: string | undefined },
  keyName: string,
): void {
  const { keyFile, trustFile } = config;
  if ((keyFile === undefined) === (trustFile === undefined)) return;
  const [given, missing] = keyFile === undefined ? ['KUBEWHY_TRUST', keyName] : [keyName, 'KUBEWHY_TRUST'];
  throw new ConfigError([`${missing} is missing; ${given} is given, and fixes need both (kubewhy keys makes them).`]);
}

const AUDIT_FIELDS = { ...REDIS_FIELDS, trustFile: REMEDIATOR_FIX_FIELDS.trustFile };

/** What `kubewhy audit` takes: where the log is, and whose signatures count. @throws ConfigError. */
export function readAuditConfig(env: Environment): Values<typeof AUDIT_FIELDS> {
  return readFields(env, AUDIT_FIELDS);
}
