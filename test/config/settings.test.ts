import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readBotConfig } from '../../src/config/bot.ts';
import { ConfigError, redacted } from '../../src/config/fields.ts';
import { allFields, envExample, unknownNames } from '../../src/config/names.ts';
import { readWorkerConfig } from '../../src/config/worker.ts';

const BOT = 'xoxb-1111-2222-abcdefghijkl';
const APP = 'xapp-1-A0000-3333-abcdefghijkl';
const good = { KUBEWHY_SLACK_BOT_TOKEN: BOT, KUBEWHY_SLACK_APP_TOKEN: APP };

function problems(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('the bot', () => {
  test('starts with two tokens; everything else has a default', () => {
    expect(readBotConfig(good)).toMatchObject({
      mode: 'socket',
      botToken: BOT,
      command: '/k8s',
      clusters: ['kubernetes'],
      people: 'members',
      perPerson: 20,
      language: 'en',
      redisUrl: 'redis://127.0.0.1:6379/0',
    });
  });

  test.each([
    ['no bot token', { KUBEWHY_SLACK_APP_TOKEN: APP }, /^KUBEWHY_SLACK_BOT_TOKEN is missing; expected a bot token/],
    ['an empty bot token', { ...good, KUBEWHY_SLACK_BOT_TOKEN: ' ' }, /^KUBEWHY_SLACK_BOT_TOKEN is missing/],
    [
      'no app token in socket mode',
      { KUBEWHY_SLACK_BOT_TOKEN: BOT },
      /^KUBEWHY_SLACK_APP_TOKEN is missing; socket mode needs/,
    ],
    [
      'no signing secret in http mode',
      { ...good, KUBEWHY_SLACK_MODE: 'http' },
      /^KUBEWHY_SLACK_SIGNING_SECRET is missing; http mode needs/,
    ],
    [
      'tokens swapped',
      { KUBEWHY_SLACK_BOT_TOKEN: APP, KUBEWHY_SLACK_APP_TOKEN: BOT },
      /BOT_TOKEN is xapp-… .*belongs in KUBEWHY_SLACK_APP_TOKEN/,
    ],
    [
      'a token that was cut off',
      { ...good, KUBEWHY_SLACK_APP_TOKEN: 'xapp-1-a' },
      /APP_TOKEN is xapp-… .*looks cut off/,
    ],
    ["a person's token", { ...good, KUBEWHY_SLACK_BOT_TOKEN: 'xoxp-1-2-3456789' }, /never uses/],
    [
      'an unknown mode',
      { ...good, KUBEWHY_SLACK_MODE: 'rtm' },
      /KUBEWHY_SLACK_MODE is "rtm"; expected socket or http\./,
    ],
    ['a command without a slash', { ...good, KUBEWHY_COMMAND: 'k8s' }, /KUBEWHY_COMMAND is "k8s"; expected a slash/],
    [
      'a limit of nothing',
      { ...good, KUBEWHY_LIMIT_PER_PERSON: '0' },
      /KUBEWHY_LIMIT_PER_PERSON is "0"; expected a whole number from 1/,
    ],
    ['a limit in words', { ...good, KUBEWHY_LIMIT_PER_PERSON: 'ten' }, /KUBEWHY_LIMIT_PER_PERSON is "ten"/],
    [
      'a language that is not there',
      { ...good, KUBEWHY_LANGUAGE: 'de' },
      /KUBEWHY_LANGUAGE is "de"; expected en or zh-cn/,
    ],
    [
      'a list of names for people',
      { ...good, KUBEWHY_PEOPLE: 'alice' },
      /KUBEWHY_PEOPLE is "alice"; expected members, or Slack user ids/,
    ],
    ['an API address without /api/', { ...good, KUBEWHY_SLACK_API_URL: 'http://x/' }, /KUBEWHY_SLACK_API_URL/],
    [
      'a Redis address of another kind',
      { ...good, REDIS_URL: 'mysql://x' },
      /^REDIS_URL is .*expected an address such as redis:/,
    ],
    [
      'a key without the trust file',
      { ...good, KUBEWHY_BOT_KEY: '/k/bot.key' },
      /^KUBEWHY_TRUST is missing; KUBEWHY_BOT_KEY is given, and fixes need both/,
    ],
    [
      'a trust file without the key',
      { ...good, KUBEWHY_TRUST: '/k/trust.json' },
      /^KUBEWHY_BOT_KEY is missing; KUBEWHY_TRUST is given, and fixes need both/,
    ],
    ['a cluster with a colon', { ...good, KUBEWHY_CLUSTER: 'a:b' }, /KUBEWHY_CLUSTER is "a:b"/],
  ])('%s is one clear sentence', (_, env, sentence) => {
    const said = problems(() => readBotConfig(env));
    expect(said.length).toBeGreaterThan(0);
    expect(said.join('\n')).toMatch(sentence);
  });

  test('all that is wrong is said at once, and no secret is in it', () => {
    const secret = 'xoxb-this-is-not-for-the-log';
    const said = problems(() =>
      readBotConfig({
        KUBEWHY_SLACK_APP_TOKEN: secret,
        KUBEWHY_LANGUAGE: 'x',
        KUBEWHY_COMMAND: 'x',
        REDIS_URL: 'secret',
      }),
    );
    expect(said).toHaveLength(5);
    expect(said.join()).not.toMatch(/not-for-the-log|"secret"/);
  });

  test('several clusters and several people', () => {
    const config = readBotConfig({ ...good, KUBEWHY_CLUSTER: 'prod, test', KUBEWHY_PEOPLE: 'U0ALICE,W0BOB' });
    expect(config.clusters).toEqual(['prod', 'test']);
    expect(config.people).toEqual(['U0ALICE', 'W0BOB']);
  });

  test('a secret may stand in a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kubewhy-config-'));
    try {
      await writeFile(join(folder, 'token'), `${BOT}\n`);
      const env = { KUBEWHY_SLACK_APP_TOKEN: APP, KUBEWHY_SLACK_BOT_TOKEN_FILE: join(folder, 'token') };
      expect(readBotConfig(env).botToken).toBe(BOT);
      const missing = { ...env, KUBEWHY_SLACK_BOT_TOKEN_FILE: join(folder, 'nothing') };
      expect(problems(() => readBotConfig(missing))[0]).toMatch(
        /KUBEWHY_SLACK_BOT_TOKEN_FILE is ".*nothing"; expected a file/,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('the worker', () => {
  test('starts with a bot token', () => {
    const config = readWorkerConfig({ KUBEWHY_SLACK_BOT_TOKEN: BOT });
    expect(config).toMatchObject({
      cluster: 'kubernetes',
      agents: 'auto',
      concurrency: 8,
      keepDays: 14,
      inCluster: false,
    });
    expect(config.kubeconfig).toBeUndefined();
  });

  test.each([
    [
      'its own variable wins',
      { KUBEWHY_KUBECONFIG: '/a', KUBECONFIG: '/b', KUBERNETES_SERVICE_HOST: '10.96.0.1' },
      '/a',
      false,
    ],
    ["then kubectl's", { KUBECONFIG: '/b', KUBERNETES_SERVICE_HOST: '10.96.0.1' }, '/b', false],
    ["then the Pod's own account", { KUBERNETES_SERVICE_HOST: '10.96.0.1' }, undefined, true],
  ])('credentials: %s', (_, env, kubeconfig, inCluster) => {
    const config = readWorkerConfig({ KUBEWHY_SLACK_BOT_TOKEN: BOT, ...env });
    expect([config.kubeconfig, config.inCluster]).toEqual([kubeconfig, inCluster]);
  });

  test('without keys it starts, and fixes are off; with them it knows where they are', () => {
    expect(readWorkerConfig({ KUBEWHY_SLACK_BOT_TOKEN: BOT }).keyFile).toBeUndefined();
    const env = {
      KUBEWHY_WORKER_KEY: '/k/worker.key',
      KUBEWHY_TRUST: '/k/trust.json',
      KUBEWHY_POLICY: '/k/policy.yaml',
    };
    expect(readWorkerConfig({ KUBEWHY_SLACK_BOT_TOKEN: BOT, ...env })).toMatchObject({
      keyFile: '/k/worker.key',
      trustFile: '/k/trust.json',
    });
  });

  test.each([
    ['two clusters', { KUBEWHY_CLUSTER: 'a,b' }, /KUBEWHY_CLUSTER is "a,b"; expected one name/],
    ['agents without https', { KUBEWHY_AGENTS: 'n1=http://10.0.0.1' }, /KUBEWHY_AGENTS is "n1=http/],
    ['no parallel diagnoses', { KUBEWHY_CONCURRENCY: '0' }, /KUBEWHY_CONCURRENCY is "0"/],
  ])('%s is one clear sentence', (_, env, sentence) => {
    expect(problems(() => readWorkerConfig({ KUBEWHY_SLACK_BOT_TOKEN: BOT, ...env })).join()).toMatch(sentence);
  });
});

describe('names', () => {
  test('an unknown variable is refused with the nearest name', () => {
    expect(unknownNames({ KUBEWHY_LANGUGE: 'en', PATH: '/bin' })).toEqual([
      'KUBEWHY_LANGUGE is not a variable of kubewhy; did you mean KUBEWHY_LANGUAGE?',
    ]);
  });

  test("the agent's variables, secrets in files and Kubernetes' own are none of these", () => {
    const env = {
      KUBEWHY_AGENT_NODE_NAME: 'n1',
      KUBEWHY_SLACK_BOT_TOKEN_FILE: '/run/token',
      KUBEWHY_BOT_SERVICE_HOST: '10.96.1.1',
      KUBEWHY_BOT_PORT_3000_TCP_ADDR: '10.96.1.1',
    };
    expect(unknownNames(env)).toEqual([]);
  });

  test('every variable stands in .env.example, which is made from the same tables', async () => {
    const file = await readFile(new URL('../../.env.example', import.meta.url), 'utf8');
    expect(file).toBe(envExample());
    expect(allFields().length).toBeGreaterThan(25);
    for (const field of allFields()) expect(file).toContain(`${field.name}=`);
  });

  test('a redacted secret keeps its kind and its length', () => {
    expect(redacted('xoxb-abc')).toBe('xoxb-… (8 characters)');
    expect(redacted('hunter2')).toBe('… (7 characters)');
  });
});
