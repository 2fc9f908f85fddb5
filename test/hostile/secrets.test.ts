/** Secrets of every common shape, put wherever people put them: none is in the evidence that is stored and shown. */
import { describe, expect, test } from 'vitest';
import { collectEvidence } from '../../src/collect/collect.ts';
import { redactEnv } from '../../src/collect/redact-env.ts';
import { parseQuestion } from '../../src/core/parse-question.ts';
import { redactJson, redactText, redactWords } from '../../src/core/redact.ts';
import { clock, event, GROUPS, smallCluster } from '../support/cluster-objects.ts';
import { type Host, MemoryAgents } from '../support/memory-agents.ts';
import { MemoryCluster } from '../support/memory-cluster.ts';

const S = 'hunter2secretXYZ';
const LINE = 'MIIEpAIBAAKCAQEA7bq1S8dX0fVwqkz3yH2mJt5uQx9LrPzKc4nGvWeTfYhBsDj';

const SHAPES: readonly (readonly [what: string, text: string])[] = [
  ['a variable that ends in PASS', `DB_PASS=${S}`],
  ['pass in a configuration file', `pass: ${S}`],
  ['JSON inside JSON', `{"msg":"{\\"password\\":\\"${S}\\"}"}`],
  ['JSON inside JSON inside JSON', `{\\\\\\"token\\\\\\":\\\\\\"${S}\\\\\\"}`],
  ['an escaped quote in the value', `{"password":"a\\"${S}"}`],
  ['a value whose quote was cut off', `password: "${S}`],
  ['a hash of Ruby', `:password => "${S}"`],
  ['a URL whose password has an @', `postgres://u:p@${S}@host/db`],
  ['a URL whose password has a slash', `postgres://u:p/${S}@host/db`],
  ['a URL whose user is a token', `https://${S}${S}@sentry.io/1`],
  ['the DSN of Go and MySQL', `root:${S}@tcp(10.0.0.1:3306)/db`],
  ["Oracle's thin driver", `jdbc:oracle:thin:scott/${S}@host:1521/x`],
  ['a storage account', `AccountName=a;AccountKey=${S}==;EndpointSuffix=x`],
  ['a signed URL of Azure', `https://a.blob/x?sv=2020&sig=${S}${S}`],
  ['a signed URL of S3', `https://b.s3/x?X-Amz-Signature=${S}${S}`],
  ['a header of a scheme of its own', `Authorization: ApiKey ${S}`],
  ['a header with parameters', `Authorization: AWS4-HMAC-SHA256 Credential=a, Signature=${S}`],
  ['curl -u', `curl -u admin:${S} https://x`],
  ['redis-cli -a', `redis-cli -h db -a ${S} ping`],
  ['mysql -p', `mysqladmin ping -uroot -p${S}`],
  ['the login of a registry', `{"auths":{"r.io":{"auth":"aHVudGVyMnNl${S}"}}}`],
  [
    'an encrypted key',
    `-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,AA\n\n${S}\n-----END RSA PRIVATE KEY-----`,
  ],
  [
    'a PGP key',
    `-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2\n\n${S}\n-----END PGP PRIVATE KEY BLOCK-----`,
  ],
  ['a key in one line of JSON', `{"key":"-----BEGIN PRIVATE KEY-----\\n${S}\\n-----END PRIVATE KEY-----\\n"}`],
  ['a key in base64', `tls: LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQo${S}`],
  ["a Slack webhook's address", `https://hooks.slack.com/services/T0/B0/${S}`],
  ["Vault's token", `hvs.CAESI${S}${S}`],
  ["Stripe's key", `sk_live_${S}1234567890`],
  ["SendGrid's key", `SG.abcdefghijklmnop1.${S}${S}`],
  ["kubeadm's certificate key", `kubeadm join --certificate-key ${S}`],
  ['the data of a Secret', `{"kind":"Secret","data":{"x":"${S}"}}`],
  ['the data of a Secret as YAML', `kind: Secret\ndata:\n  x: ${S}\n`],
  ["Rails' key", `SECRET_KEY_BASE=${S}`],
  ['any variable that ends in KEY', `FERNET_KEY=${S}`],
  ["MySQL's first password", `A temporary password is generated for root@localhost: ${S}`],
  ['a sentence', `the password was set to ${S}`],
  ['a cookie', `cookie: a=b; sid=${S}`],
];

describe('a text without its secret', () => {
  test.each(SHAPES)('%s', (_, text) => {
    expect(redactText(text)).not.toContain(S);
    expect(redactText(text)).toContain('[redacted]');
  });

  test('one line of a private key, as a journal hands them out', () => {
    expect(redactText(LINE)).toBe('[redacted]');
    expect(redactText(`2026-01-01T00:00:00Z ${LINE}`)).not.toContain(LINE);
  });

  test.each([
    'bypass: true',
    'health check passed: 3',
    'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    'containerd://0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
    '/var/lib/kubelet/pods/0b1c2d3e-aaaa-bbbb-cccc-0123456789ab/volumes/kubernetes.io~projected/kube-api-access',
    'https://10.0.0.1:6443/api/v1/nodes?user=a@b.example',
    '--discovery-token-ca-cert-hash sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    'password is required',
    'Get "https://10.96.0.1:443/version": x509: certificate signed by unknown authority',
    'client-certificate-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUM',
  ])('stays: %s', (text) => expect(redactText(text)).toBe(text));

  test.each([
    'DB_PASS',
    'MYSQL_PWD',
    'PASSPHRASE',
    'SSH_KEY',
    'JWT',
    'SESSION_COOKIE',
    'CONNECTION_STRING',
    'ADMIN_PW',
    'SALT',
    'AUTH',
    'SENTRY_DSN',
    'PRIVATEKEY',
    'ENCRYPTION-KEY',
  ])('the variable %s is a secret by its name', (name) => expect(redactEnv(name, S)).toBe('[redacted]'));

  test.each(['IP_AUTODETECTION_METHOD', 'MODE', 'BYPASS', 'MONKEY', 'KEYBOARD', 'AUTHOR'])(
    'the variable %s is none',
    (name) => expect(redactEnv(name, 'interface=eth0')).toBe('interface=eth0'),
  );

  test('words of a command and fields of an object', () => {
    expect(redactWords(['redis-cli', '-a', S, 'ping'])).toEqual(['redis-cli', '-a', '[redacted]', 'ping']);
    expect(redactWords(['sh', '-c', 'exit 0'])).toEqual(['sh', '-c', 'exit 0']);
    expect(redactJson({ 'x/token': S, key: 'a', list: [{ password: S }] })).toEqual({
      'x/token': '[redacted]',
      key: 'a',
      list: [{ password: '[redacted]' }],
    });
  });
});

test('nothing of it is in the evidence: events, conditions, probes, logs, labels, annotations, answers of agents', async () => {
  const all = SHAPES.map(([, text]) => text);
  const objects = smallCluster().map((object) => structuredClone(object));
  for (const object of objects) {
    object.metadata.labels = { ...object.metadata.labels, 'x/token': S };
    object.metadata.annotations = {
      ...object.metadata.annotations,
      'projectcalico.org/token': S,
      'projectcalico.org/note': `password=${S}`,
    };
    const status = object['status'] as { conditions?: object[]; containerStatuses?: object[] } | undefined;
    if (status?.conditions !== undefined)
      status.conditions = status.conditions.map((one) => ({ ...one, message: all.join('\n') }));
    const spec = object['spec'] as { containers?: object[] } | undefined;
    if (object.kind === 'Pod' && spec?.containers !== undefined) {
      const exec = { command: ['mysqladmin', 'ping', `-p${S}`] };
      const httpGet = { port: 80, path: `/healthz?access_token=${S}` };
      spec.containers = spec.containers.map((one) => ({
        ...one,
        readinessProbe: { exec },
        livenessProbe: { httpGet },
      }));
    }
  }
  for (const text of all) objects.push(event({ kind: 'Pod', namespace: 'shop', name: 'web-1' }, text));
  const api = new MemoryCluster(objects);
  api.groups = GROUPS;
  const lines = [
    ...all.join('\n').split('\n'),
    '-----BEGIN RSA PRIVATE KEY-----',
    LINE,
    `${LINE.slice(0, 20)}tail==`,
    '-----END RSA PRIVATE KEY-----',
  ];
  for (const name of ['calico-node-n1', 'calico-node-n2', 'calico-node-n3'])
    api.texts.set(`/api/v1/namespaces/kube-system/pods/${name}/log`, lines.join('\n'));
  // An agent of another make, which redacts nothing.
  const host: Host = ({ kind }) =>
    kind === 'node-journal'
      ? { lines: all.map((text) => ({ at: new Date(0).toISOString(), text })), truncated: false }
      : undefined;
  const agents = new MemoryAgents({ n1: host, n2: host, n3: host });
  for (const words of ['why-not-reachable 30080', 'diagnose calico', 'diagnose node n1', 'diagnose pod shop/web-1']) {
    const bundle = await collectEvidence(
      parseQuestion(words.split(' ')),
      { cluster: api, agents, clock },
      { id: 'dx-1' },
    );
    const journal = bundle.items.find((item) => item.kind === 'node-journal');
    if (words === 'diagnose node n1') expect(journal?.status).toBe('collected');
    const text = JSON.stringify(bundle);
    expect(text).toContain('[redacted]');
    expect(text).not.toContain(S);
    expect(text).not.toContain(LINE);
    expect(text).not.toContain('tail==');
  }
});
