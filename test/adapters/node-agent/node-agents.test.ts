import { readFileSync } from 'node:fs';
import { createServer as createTls, type Server } from 'node:https';
import { type AddressInfo, createServer as createTcp, type Server as TcpServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type ClosableNodeAgents,
  createNodeAgents,
  type NodeAgentsOptions,
  noNodeAgents,
} from '../../../src/adapters/node-agent/node-agents.ts';
import { startAgentServer } from '../../../src/agent/server.ts';
import { AGENT_LIMITS } from '../../../src/core/agent-api.ts';
import { AgentError } from '../../../src/core/errors.ts';
import { createAuthority } from '../../../src/sandbox/tls/certificates.ts';
import { makeCertificates, type TestCertificates } from '../../agent/support/certificates.ts';
import { filesHost } from '../../agent/support/fake-host.ts';

const NODE = { name: 'node-a', addresses: ['127.0.0.1'] };
let certificates: TestCertificates;
const cleanup: (() => unknown)[] = [];

beforeAll(async () => {
  certificates = await makeCertificates('node-a');
});
afterAll(() => certificates.remove());
afterEach(async () => {
  for (const end of cleanup.splice(0).reverse()) await end();
});

function client(options: Partial<NodeAgentsOptions> = {}): ClosableNodeAgents {
  const agents = createNodeAgents({ tls: { ...certificates.client, caFile: certificates.caFile }, ...options });
  cleanup.push(() => agents.close());
  return agents;
}

function ask(agents: ClosableNodeAgents, node = NODE, deadlineMs = 3000, signal = new AbortController().signal) {
  return agents.ask(node, [{ kind: 'node-memory' }], { deadlineMs, networks: ['10.0.0.0/8'], signal });
}

async function realAgent(node = 'node-a', server = certificates.server): Promise<number> {
  const agent = await startAgentServer({
    host: filesHost({ '/proc/meminfo': 'MemTotal: 10 kB\nMemAvailable: 5 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n' }),
    node,
    agentVersion: '1',
    bucket: { take: () => true },
    address: '127.0.0.1',
    port: 0,
    tls: { ...server, clientCaFile: certificates.caFile },
    onEvent: () => undefined,
  });
  cleanup.push(() => agent.close(50));
  return agent.port;
}

/** Something else on the agent's port, with the agent's certificate. */
async function impostor(answer: Parameters<typeof createTls>[1]): Promise<number> {
  const { certFile, keyFile } = certificates.server;
  const server = createTls({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, answer);
  return await listening(server);
}

async function listening(server: Server | TcpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanup.push(() => {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const whatFails = async (asked: Promise<unknown>): Promise<string> => {
  const error = await asked.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(AgentError);
  return (error as AgentError).message;
};

describe('an agent that answers', () => {
  test('is asked over mutual TLS, again over the same connection', async () => {
    const agents = client({ port: await realAgent() });
    for (let round = 0; round < 2; round += 1) {
      const answer = await ask(agents);
      expect(answer).toMatchObject({ node: 'node-a', answers: [{ kind: 'node-memory', status: 'collected' }] });
    }
  });

  test('is found at its second address where the first refuses', async () => {
    const agents = client({ port: await realAgent() });
    const answer = await ask(agents, { name: 'node-a', addresses: ['127.0.0.2', '127.0.0.1'] });
    expect(answer.node).toBe('node-a');
  });

  test('is found at its second address where the first is silent', async () => {
    const silent = createTcp(() => undefined);
    const port = await realAgent();
    await new Promise<void>((resolve) => silent.listen(port, '127.0.0.3', resolve));
    const held = new Set<{ destroy(): void }>();
    silent.on('connection', (socket) => held.add(socket));
    cleanup.push(() => {
      for (const socket of held) socket.destroy();
      silent.close();
    });
    const answer = await ask(client({ port }), { name: 'node-a', addresses: ['127.0.0.3', '127.0.0.1'] }, 1500);
    expect(answer.node).toBe('node-a');
  });

  test('is asked at its URL where one is given', async () => {
    const url = `https://127.0.0.1:${await realAgent()}`;
    const answer = await ask(client({ urls: { 'node-a': url } }), { name: 'node-a', addresses: ['192.0.2.77'] });
    expect(answer.node).toBe('node-a');
  });

  test('may carry one name for all agents', async () => {
    const shared = await certificates.issue('shared', {
      commonName: 'x',
      dnsNames: ['kubewhy-agent'],
      usage: 'server',
    });
    const port = await realAgent('node-a', shared);
    expect((await ask(client({ port, servername: 'kubewhy-agent' }))).node).toBe('node-a');
    expect(await whatFails(ask(client({ port })))).toMatch(
      /has a certificate for DNS:kubewhy-agent, and it must be for node-a or 127/,
    );
  });
});

describe('an agent that does not', () => {
  test('nobody listens', async () => {
    const sentence = await whatFails(ask(client({ port: 1 })));
    expect(sentence).toBe(
      'the agent of node-a at 127.0.0.1:1 does not answer: the connection was refused; is kubewhy agent running there?',
    );
  });

  test('the node has no address', async () => {
    expect(await whatFails(ask(client(), { name: 'node-a', addresses: [] }))).toMatch(/the node has no address/);
  });

  test('its certificate is of another CA', async () => {
    const other = await createAuthority('other');
    const foreign = await certificates.issue(
      'foreign-server',
      { commonName: 'node-a', dnsNames: ['node-a'], usage: 'server' },
      other,
    );
    const port = await realAgent('node-a', foreign);
    expect(await whatFails(ask(client({ port })))).toMatch(/has a certificate that is not signed by the agents' CA/);
  });

  test('its certificate has expired', async () => {
    const past = { notBefore: new Date('2020-01-01'), notAfter: new Date('2020-02-01') };
    const expired = await certificates.issue('expired-server', {
      commonName: 'node-a',
      dnsNames: ['node-a'],
      usage: 'server',
      ...past,
    });
    const port = await realAgent('node-a', expired);
    expect(await whatFails(ask(client({ port })))).toMatch(/certificate that has expired/);
  });

  test('it runs on another node', async () => {
    const port = await realAgent('node-b');
    expect(await whatFails(ask(client({ port })))).toMatch(/says that it runs on node-b, not on node-a/);
  });

  test("it does not accept this process's certificate", async () => {
    const foreign = await certificates.issue(
      'foreign-client',
      { commonName: 'w', usage: 'client' },
      await createAuthority('other'),
    );
    const port = await realAgent();
    const sentence = await whatFails(ask(client({ port, tls: { ...foreign, caFile: certificates.caFile } })));
    expect(sentence).toMatch(
      /does not accept this process's certificate, which must be signed by the agent's --client-ca$/,
    );
  });

  test('it answers garbage', async () => {
    const port = await impostor((_request, response) => response.end('{"version":1,"answers":'));
    expect(await whatFails(ask(client({ port })))).toMatch(/answered something that is not an agent's answer/);
  });

  test('it answers too much, and is cut off', async () => {
    let sent = 0;
    const port = await impostor((_request, response) => {
      const chunk = Buffer.alloc(256 * 1024, 'x');
      const more = (): void => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    expect(await whatFails(ask(client({ port })))).toMatch(
      /answered too much: more than 4194304 bytes; nothing of it was used/,
    );
    expect(sent).toBeLessThan(AGENT_LIMITS.answerBytes * 4);
  });

  test('it never answers: the deadline holds', async () => {
    const port = await impostor(() => undefined);
    const started = performance.now();
    expect(await whatFails(ask(client({ port }), NODE, 600))).toMatch(
      /is there and did not answer in time: no whole answer within \d+ ms/,
    );
    expect(performance.now() - started).toBeLessThan(1500);
  });

  test('it takes the connection and never speaks TLS', async () => {
    const held = new Set<{ destroy(): void }>();
    const port = await listening(createTcp((socket) => void held.add(socket.on('error', () => undefined))));
    cleanup.push(() => {
      for (const socket of held) socket.destroy();
    });
    expect(await whatFails(ask(client({ port }), NODE, 500))).toMatch(/does not answer: no connection within \d+ ms/);
  });

  test('something else listens there', async () => {
    const port = await listening(createTcp((socket) => socket.on('error', () => undefined).end('SSH-2.0-OpenSSH\r\n')));
    expect(await whatFails(ask(client({ port })))).toMatch(/does not speak TLS as an agent does; what listens there\?/);
  });

  test('it refuses, with its own sentence', async () => {
    const port = await impostor((_request, response) =>
      response.writeHead(429).end('{"error":"ask again in a second"}'),
    );
    expect(await whatFails(ask(client({ port })))).toMatch(/refused the question with 429: ask again in a second$/);
  });

  test('the question is called off while it is asked', async () => {
    const abort = new AbortController();
    const port = await impostor(() => abort.abort());
    expect(await whatFails(ask(client({ port }), NODE, 5000, abort.signal))).toMatch(/called off/);
  });
});

test('a kept connection that the agent closed meanwhile is replaced', async () => {
  let connections = 0;
  const text = (): string => JSON.stringify({ version: 1, node: 'node-a', agentVersion: '1', now: 'n', answers: [] });
  const { certFile, keyFile } = certificates.server;
  const server = createTls({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (request, response) => {
    // Every second request on a connection is cut, as by an agent that has just closed it.
    if (seen.has(request.socket)) return void request.socket.destroy();
    seen.add(request.socket);
    request.resume().on('end', () => response.end(text()));
  });
  const seen = new Set<unknown>();
  server.on('secureConnection', () => (connections += 1));
  const agents = client({ port: await listening(server) });
  await ask(agents);
  await ask(agents);
  expect(connections).toBe(2);
});

test('switched off: nothing is asked, and that is said', async () => {
  const agents = noNodeAgents();
  expect(agents.enabled).toBe(false);
  expect(await whatFails(ask(agents))).toBe('the agent of node-a is not asked: agents are switched off');
});

test('certificate files that are not there: one sentence at once', () => {
  const tls = { certFile: '/nowhere/a.crt', keyFile: '/nowhere/a.key', caFile: '/nowhere/ca.crt' };
  expect(() => createNodeAgents({ tls })).toThrow(
    /^the certificate towards the agents \(\/nowhere\/a\.crt, .* cannot be used: /,
  );
});
