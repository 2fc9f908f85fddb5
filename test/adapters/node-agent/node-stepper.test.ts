import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createNodeStepper, noNodeStepper } from '../../../src/adapters/node-agent/node-stepper.ts';
import { AgentError } from '../../../src/core/errors.ts';
import { makeCertificates, type TestCertificates } from '../../agent/support/certificates.ts';

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

async function agent(listener: RequestListener): Promise<number> {
  const { certFile, keyFile } = certificates.server;
  const tls = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
  const ca = readFileSync(certificates.caFile);
  const server = createServer({ ...tls, ca, requestCert: true, rejectUnauthorized: true }, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanup.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const answers =
  (status: number, body: unknown): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };

function step(port: number, deadlineMs = 2000) {
  const tls = { ...certificates.client, caFile: certificates.caFile };
  const stepper = createNodeStepper({ tls, port });
  cleanup.push(() => stepper.close());
  return stepper.step(
    NODE,
    { text: '{"g":1}', signature: 'a'.repeat(86) },
    { deadlineMs, signal: new AbortController().signal },
  );
}
const failure = async (work: Promise<unknown>): Promise<AgentError> => {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof AgentError)) throw new Error(`not an AgentError: ${String(error)}`);
  return error;
};
const done = {
  version: 1,
  node: 'node-a',
  now: 'now',
  status: 'done',
  result: { outcome: 'already', says: 'So.', changes: [] },
};

test('the grant travels as it was signed, and the answer comes back', async () => {
  const seen: string[] = [];
  const port = await agent((request, response) => {
    request.on('data', (data: Buffer) => seen.push(`${request.url} ${String(data)}`));
    request.on('end', () => answers(200, done)(request, response));
  });
  expect(await step(port)).toEqual(done);
  expect(seen).toEqual([`/v1/step ${JSON.stringify({ version: 1, grant: '{"g":1}', signature: 'a'.repeat(86) })}`]);
});

describe('what an agent refuses by its status was not done', () => {
  test.each([
    ['an agent that is read-only', 403],
    ['an agent from before steps', 404],
  ])('%s', async (_name, status) => {
    expect(await step(await agent(answers(status, { error: 'no' })))).toMatchObject({
      status: 'rejected',
      reason: expect.stringContaining('no'),
    });
  });

  test('one that is busy may be asked again', async () => {
    expect((await failure(step(await agent(answers(429, { error: 'busy' }))))).sent).toBe(false);
  });
});

describe('whether it may have been done', () => {
  test.each<[string, RequestListener]>([
    ['an error of the agent', answers(500, {})],
    ['an answer of another form', answers(200, { hello: 1 })],
    ['an answer of another node', answers(200, { ...done, node: 'node-b' })],
    ['a connection that is cut', (request) => request.socket.destroy()],
    ['no answer in time', () => undefined],
  ])('%s: it may', async (_name, listener) => {
    expect((await failure(step(await agent(listener), 600))).sent).toBe(true);
  });

  test('nobody there: it was not', async () => {
    expect((await failure(step(1))).sent).toBe(false);
  });

  test('switched off: it was not', async () => {
    const off = noNodeStepper();
    expect(off.enabled).toBe(false);
    const asked = off.step(NODE, { text: '', signature: '' }, { deadlineMs: 1, signal: new AbortController().signal });
    expect((await failure(asked)).sent).toBe(false);
  });
});
