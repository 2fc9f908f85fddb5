import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NodeTcp } from '../../src/core/evidence/node-network.ts';

const run = promisify(execFile);
/** Not a dependency of the package: skipped with the reason where it is missing. */
const IP = 'ip';
const A = `kwt${process.pid}a`;
const B = `kwt${process.pid}b`;
const SCRIPT = new URL('support/tcp-from-here.ts', import.meta.url).pathname;
const inside = (space: string, ...command: string[]) => run(IP, ['netns', 'exec', space, ...command]);
let whyNot: string | undefined;
let listener: ChildProcess | undefined;

/** Two namespaces with a cable between them: a has 10.213.0.1, b has 10.213.0.2 and listens on 8080. */
beforeAll(async () => {
  try {
    await run(IP, ['netns', 'add', A]);
    await run(IP, ['netns', 'add', B]);
    await inside(A, IP, 'link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v0', 'netns', B);
  } catch (error) {
    whyNot = `network namespaces cannot be made here: ${error instanceof Error ? error.message.trim().split('\n').at(-1) : ''}`;
    return;
  }
  for (const [space, host] of [
    [A, '1'],
    [B, '2'],
  ] as const) {
    await inside(space, IP, 'address', 'add', `10.213.0.${host}/24`, 'dev', 'v0');
    await inside(space, IP, '-6', 'address', 'add', `fd00:213::${host}/64`, 'dev', 'v0', 'nodad');
    await inside(space, IP, 'link', 'set', 'v0', 'up');
    await inside(space, IP, 'link', 'set', 'lo', 'up');
  }
  // b does not forward: what is sent through it vanishes. And one network is unreachable by a's own table.
  await inside(A, IP, 'route', 'add', '10.213.7.0/24', 'via', '10.213.0.2');
  await inside(A, IP, 'route', 'add', 'unreachable', '10.213.8.0/24');
  const server = 'require("net").createServer((s)=>s.on("error",()=>{})).listen(8080,"::",()=>console.log("up"))';
  listener = spawn(IP, ['netns', 'exec', B, process.execPath, '-e', server], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => listener?.stdout?.once('data', resolve));
});

afterAll(async () => {
  listener?.kill('SIGKILL');
  for (const space of [A, B]) await run(IP, ['netns', 'delete', space]).catch(() => undefined);
});

async function probe(targets: { address: string; port: number }[]): Promise<unknown[]> {
  const params = JSON.stringify({ targets, timeoutMs: 2000 });
  const { stdout } = await inside(A, process.execPath, '--import', 'tsx', SCRIPT, params);
  return NodeTcp.parse(JSON.parse(stdout)).map(({ result, detail }) =>
    detail === undefined ? [result] : [result, detail],
  );
}

describe('TCP probes from one network namespace to another', () => {
  test('open, refused, silent, no route, no network: each is told for what it is', async ({ skip }) => {
    skip(whyNot !== undefined, whyNot);
    const results = await probe([
      { address: '10.213.0.2', port: 8080 },
      { address: 'fd00:213::2', port: 8080 },
      { address: '10.213.0.2', port: 8081 },
      { address: '10.213.7.9', port: 8080 },
      { address: '10.213.8.9', port: 8080 },
      { address: '10.214.0.1', port: 8080 },
      { address: '10.215.0.1', port: 8080 },
      { address: '127.0.0.1', port: 8080 },
    ]);
    expect(results).toEqual([
      ['open'],
      ['open'],
      ['refused', 'ECONNREFUSED'],
      ['timeout', 'no answer within 2000 ms'],
      ['no-route', 'EHOSTUNREACH'],
      ['no-route', 'ENETUNREACH'],
      ['not-asked', "10.215.0.1 is not among the cluster's networks"],
      ['not-asked', '127.0.0.1 is a loopback address, to which the agent never connects'],
    ]);
  });

  test('pulled out, the cable makes the same connect silent or without a route, never open', async ({ skip }) => {
    skip(whyNot !== undefined, whyNot);
    await inside(B, IP, 'link', 'set', 'v0', 'down');
    const [[result] = []] = (await probe([{ address: '10.213.0.2', port: 8080 }])) as string[][];
    expect(['timeout', 'no-route']).toContain(result);
  });
});
