/** Faults as a client meets them: error codes, delays, hangs, cut and garbled answers. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ADMIN_TOKEN, type Running, SHOP_TOKEN, send, start } from './support.ts';

const NODES = '/api/v1/nodes';
const admin = { token: ADMIN_TOKEN };

describe('faults', () => {
  let running: Running;

  beforeEach(async () => {
    running = await start();
  });
  afterEach(async () => {
    await running.stop();
  });

  it.each([
    [403, 'nodes is forbidden: User "root" cannot list resource "nodes" in API group "" at the cluster scope'],
    [404, 'the server could not find the requested resource'],
    [410, 'The provided continue parameter is too old'],
    [429, 'Too many requests, please try again later.'],
    [500, 'etcdserver: request timed out'],
    [503, 'the server is currently unable to handle the request'],
  ] as const)('%i as a Status', async (status, message) => {
    running.api.faults.set({ path: /^\/api\/v1\/nodes/ }, { status });
    const answer = await send(running.api, NODES, admin);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject({ kind: 'Status', status: 'Failure', code: status });
    expect((JSON.parse(answer.text) as { message: string }).message).toContain(message);
    expect(answer.headers['retry-after']).toBe(status === 429 ? '1' : undefined);
  });

  it('strikes only what it matches, and only so often', async () => {
    running.api.faults.set({ path: /nodes/, verb: 'list' }, { status: 500, times: 2 });
    const statuses = [];
    for (const path of [`${NODES}/alpha`, NODES, '/api/v1/pods', NODES, NODES]) {
      statuses.push((await send(running.api, path, admin)).status);
    }
    expect(statuses).toEqual([200, 500, 200, 500, 200]);
    running.api.faults.set({}, { status: 503 });
    expect((await send(running.api, NODES, admin)).status).toBe(503);
    running.api.faults.clear();
    expect((await send(running.api, NODES, admin)).status).toBe(200);
  });

  it('cuts the connection without an answer', async () => {
    running.api.faults.set({}, { reset: true, times: 1 });
    await expect(send(running.api, NODES, admin)).rejects.toThrow();
    expect(running.api.requests.at(-1)).toMatchObject({ path: NODES, status: 0, bytes: 0 });
  });

  it('sends half a list', async () => {
    const whole = await send(running.api, NODES, admin);
    running.api.faults.set({}, { truncateBody: true, times: 1 });
    await expect(send(running.api, NODES, admin)).rejects.toThrow('cut off');
    expect(running.api.requests.at(-1)?.bytes).toBe(whole.wireBytes >> 1);
  });

  it('cuts a watch in the middle of an event', async () => {
    running.api.faults.set({ verb: 'watch' }, { truncateBody: true, times: 1 });
    await expect(send(running.api, `${NODES}?watch=1`, admin)).rejects.toThrow('cut off');
    expect(running.api.requests.at(-1)?.bytes).toBeGreaterThan(10);
  });

  it('sends something that is not JSON, with status 200', async () => {
    running.api.faults.set({}, { garbage: true, times: 1 });
    const answer = await send(running.api, NODES, admin);
    expect(answer.status).toBe(200);
    expect(() => JSON.parse(answer.text)).toThrow(SyntaxError);
  });

  it('answers late', async () => {
    running.api.faults.set({}, { delayMs: 300, times: 1 });
    const started = performance.now();
    expect((await send(running.api, NODES, admin)).status).toBe(200);
    expect(performance.now() - started).toBeGreaterThanOrEqual(290);
  });

  it('never answers, while other requests go on, until it is closed', async () => {
    running.api.faults.set({ path: /nodes/ }, { hang: true, times: 1 });
    const hanging = send(running.api, NODES, admin).then(
      () => 'answered',
      () => 'cut',
    );
    expect((await send(running.api, '/api/v1/pods', admin)).status).toBe(200);
    await running.api.close();
    expect(await hanging).toBe('cut');
  });

  it('can be there from the start', async () => {
    const broken = await start({ faults: [{ match: { verb: 'list' }, effect: { status: 403 } }] });
    const answer = await send(broken.api, '/api/v1/namespaces/shop/pods', { token: SHOP_TOKEN });
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('User \\"shopper\\" cannot list resource \\"pods\\"');
    await broken.stop();
  });
});
