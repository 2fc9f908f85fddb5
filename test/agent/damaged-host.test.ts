import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answerAsk } from '../../src/agent/ask.ts';
import { createRecordedHost } from '../../src/agent/recorded-host.ts';
import { NODE_KINDS } from '../../src/core/evidence/kinds.ts';
import { fixture } from './support/fixture.ts';
import { POD_UID, recording } from './support/recording.ts';

const ROUNDS = 150;
const PARAMS: Readonly<Record<string, object>> = {
  'node-journal': { unit: 'kubelet.service', lines: 50 },
  'node-route-get': { to: ['10.109.209.196'] },
  'node-service-proxy': { ports: [{ port: 30080 }], clusterIPs: ['10.99.214.53'] },
  'node-tcp': { targets: [{ address: '10.109.209.196', port: 8080 }], timeoutMs: 100 },
  'pod-listeners': { podUid: POD_UID, namespace: 'ci', name: 'jenkins' },
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubewhy-damaged-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A small generator of numbers below `limit`, the same for the same seed (mulberry32). */
function numbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  };
}

function damaged(text: string, next: (limit: number) => number): string {
  if (text === '') return '\u0000';
  const at = next(text.length);
  const to = Math.min(text.length, at + 1 + next(40));
  const kinds = [
    () => text.slice(0, at),
    () => text.slice(0, at) + text.slice(to),
    () => text.slice(0, at) + text.slice(at, to).repeat(3) + text.slice(to),
    () => `${text.slice(0, at)}\uFFFD -1 99999999999 "{[\\ \n${text.slice(at)}`,
    () => text.split('\n').reverse().join('\n'),
    () => text.replaceAll(/\d/g, () => String(next(10))),
  ];
  return kinds[next(kinds.length)]?.() ?? text;
}

test(`text that is cut, doubled, reversed or full of nonsense (${ROUNDS} times): each answer is a value of its kind or one sentence`, async () => {
  for (let seed = 1; seed <= ROUNDS; seed += 1) {
    const next = numbers(seed);
    const whole = recording();
    const file = join(folder, `${seed}.json`);
    const commands = {
      ...whole.commands,
      'nft -j list table ip kube-proxy': { stdout: fixture('nft-kube-proxy.json') },
      'nft -j list ruleset': { stdout: fixture('nft-ruleset.json') },
    };
    await writeFile(
      file,
      JSON.stringify({
        ...whole,
        files: Object.fromEntries(Object.entries(whole.files).map(([path, text]) => [path, damaged(text, next)])),
        commands: Object.fromEntries(
          Object.entries(commands).map(([line, answer]) => [
            line,
            'error' in answer ? answer : { ...answer, stdout: damaged(answer.stdout ?? '', next) },
          ]),
        ),
        sockets: {
          '/var/run/calico/bird.ctl': {
            answers: { 'show protocols all': damaged(fixture('bird-1.6-iso-long.txt'), next) },
          },
        },
      }),
    );
    const host = await createRecordedHost(file);
    const requests = NODE_KINDS.map((kind) => ({ kind, params: { ...PARAMS[kind] } }));
    const { answers } = await answerAsk(
      { host, node: 'n', agentVersion: '1', bucket: { take: () => true } },
      { version: 1, deadlineMs: 5000, networks: ['10.109.0.0/16'], requests },
    );
    expect(answers).toHaveLength(NODE_KINDS.length);
    for (const answer of answers) {
      // "<kind> failed: …" is how a bug in a probe reads.
      if (answer.status === 'unavailable')
        expect(answer.reason, `seed ${seed}`).not.toMatch(/^(node|pod)-[a-z-]+ failed: /);
    }
    await rm(file);
  }
}, 60_000);
