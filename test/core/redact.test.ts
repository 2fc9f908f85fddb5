import { describe, expect, test } from 'vitest';
import { redactJson, redactText } from '../../src/core/redact.ts';

const JWT = 'eyJhbGciOiJSUzI1NiIsImtpZCI6IiJ9.eyJpc3MiOiJrdWJlcm5ldGVzL3NlcnZpY2VhY2NvdW50In0.abcDEF123-_xyz';

describe('secrets are taken out', () => {
  test.each([
    ['a bearer token in a header', `Authorization: Bearer ${JWT}`, 'Authorization: [redacted]'],
    ['a bearer token in a sentence', 'sent bearer abcdefghijklmnop1234 to it', 'sent bearer [redacted] to it'],
    ['basic auth', 'proxy-authorization: Basic dXNlcjpwYXNzd29yZA==', 'proxy-authorization: [redacted]'],
    ['a service account token anywhere', `token is ${JWT}.`, 'token is [redacted].'],
    [
      'a private key',
      'key: -----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc=\n-----END RSA PRIVATE KEY----- end',
      'key: [redacted] end',
    ],
    ['a private key whose end was cut off', '-----BEGIN PRIVATE KEY-----\nMIIEow', '[redacted]'],
    ['the key of a kubeconfig', 'client-key-data: LS0tLS1CRUdJTiBSU0E=', 'client-key-data: [redacted]'],
    ['a password in a URL', 'redis://:s3cr3tpass@10.0.0.5:6379/0', 'redis://:[redacted]@10.0.0.5:6379/0'],
    [
      "a password in a URL, the user's name stays",
      'https://bob:hunter2@git.local/x',
      'https://bob:[redacted]@git.local/x',
    ],
    ['password=', 'connect user=bob password=hunter2 host=db', 'connect user=bob password=[redacted] host=db'],
    ['a JSON field', '{"clientSecret":"abc def","name":"x"}', '{"clientSecret":[redacted],"name":"x"}'],
    ['a field in camel case', 'dbPassword: hunter2', 'dbPassword: [redacted]'],
    ['a variable', 'DB_PASSWORD=hunter2', 'DB_PASSWORD=[redacted]'],
    ['a flag with =', '--docker-password=hunter2 --v=2', '--docker-password=[redacted] --v=2'],
    ['a flag with a space', 'run --api-token abcd1234 --v 2', 'run --api-token [redacted] --v 2'],
    ['an AWS key id', 'using AKIAIOSFODNN7EXAMPLE now', 'using [redacted] now'],
    ['an AWS secret', 'aws_secret_access_key = wJalrXUtnFEMI/K7MDENG', 'aws_secret_access_key = [redacted]'],
    ['a Slack token', 'xoxb-1234567890-abcdef', '[redacted]'],
    ['a GitHub token', 'ghp_abcdefghijklmnopqrstuvwxyz012345', '[redacted]'],
    ['a bootstrap token', 'kubeadm join --token abcdef.0123456789abcdef', 'kubeadm join --token [redacted]'],
    ['a cookie', 'Set-Cookie: session=abc123; Path=/', 'Set-Cookie: [redacted]'],
  ])('%s', (_, text, expected) => expect(redactText(text)).toBe(expected));

  test('twice is the same as once', () => {
    const once = redactText(`Authorization: Bearer ${JWT} password=x1 redis://:abc@h`);
    expect(redactText(once)).toBe(once);
  });
});

describe('what people need stays', () => {
  test.each([
    'failed to run Kubelet: running with swap on is not supported, please disable swap! or set --fail-swap-on flag to false. /proc/swaps contained: [Filename Type Size Used Priority /dev/sda3 partition 27992060 0 -2]',
    'part of the existing bootstrap client certificate in /etc/kubernetes/kubelet.conf is expired: 2026-01-01',
    'Unable to authenticate the request: invalid bearer token',
    'kubelet[38152]: I0527 00:17:27.411586 38152 certificate_store.go:130] Loading cert/key pair from "/var/lib/kubelet/pki/kubelet-client-current.pem".',
    'dial tcp 10.0.0.66:179: connect: no route to host',
    '10.109.209.192/26 via 172.17.73.65 dev tunl0 proto bird onlink',
    'secret "calico-node-token-5cbcz" not found',
    'MountVolume.SetUp failed for volume "calico-node-token-5cbcz" : secret "x" not found',
    'https://10.96.0.1:443/apis/crd.projectcalico.org/v1/clusterinformations/default: context deadline exceeded',
    'open /run/secrets/kubernetes.io/serviceaccount/token: no such file or directory',
    'docker.containerservice has started',
    'root=UUID=0657fd6d-a4ab-43c4-84e5-0933c84b4f4f ro quiet',
    'fd00:1::66 dev ens18 lladdr 02:fc:00:00:00:05 REACHABLE',
  ])('%s', (text) => expect(redactText(text)).toBe(text));
});

test('values of JSON are redacted wherever they are, keys and other types stay', () => {
  const value = { lines: [{ text: 'password=hunter2', n: 1 }], ok: true, none: null };
  expect(redactJson(value)).toEqual({ lines: [{ text: 'password=[redacted]', n: 1 }], ok: true, none: null });
});

test.each([
  ['a', 'a'],
  ['-----BEGIN PRIVATE KEY-----', '-----BEGIN PRIVATE KEY-----A'],
  ['eyJ', 'eyJabcdefgh.'],
  ['password', 'password'],
  ['token_', 'token_'],
  ['://', 'https://a:'],
  ['a-a', 'aaaa-'],
  ['cookie:', 'cookie: a'],
  ['spaces', 'authorization   '],
])('time grows with the text, not with its square: %s repeated', (_, unit) => {
  const time = (length: number): number => {
    const text = `token ${unit.repeat(Math.ceil(length / unit.length))}`;
    const started = performance.now();
    redactText(text);
    return performance.now() - started;
  };
  time(10_000);
  // A megabyte of the worst text: seconds where a pattern is quadratic, well below one where it is not.
  expect(time(1_000_000)).toBeLessThan(3000);
});
