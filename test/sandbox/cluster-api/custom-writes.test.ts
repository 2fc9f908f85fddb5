/** Writes of custom resources: what the schema of their CRD says about them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { smallCluster } from './fixtures.ts';
import { call, PATCH, type Running, start } from './support.ts';

const METHODS = ['FirstFound', 'Interface'];
const schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      required: ['mtu'],
      properties: {
        mtu: { type: 'integer', minimum: 576, maximum: 9000 },
        method: { type: 'string', enum: METHODS, default: 'FirstFound' },
        cidr: { type: 'string', pattern: String.raw`^\d+\.\d+\.\d+\.\d+/\d+$` },
        port: { 'x-kubernetes-int-or-string': true },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        list: { type: 'array', items: { type: 'object', properties: { a: { type: 'boolean' } } } },
        maybe: { type: 'string', nullable: true },
      },
    },
    status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  },
};
const CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'nets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Cluster',
    names: { kind: 'Net', plural: 'nets' },
    versions: [{ name: 'v1', served: true, schema: { openAPIV3Schema: schema }, subresources: { status: {} } }],
  },
};
const NET = '/apis/example.com/v1/nets/one';

describe('a custom resource with a schema', () => {
  let running: Running;

  beforeAll(async () => {
    const net = {
      apiVersion: 'example.com/v1',
      kind: 'Net',
      metadata: { name: 'one', generation: 1 },
      spec: { mtu: 1500, method: 'FirstFound' },
    };
    running = await start({ version: 'v1.33.1', objects: smallCluster([CRD, net]) });
  });
  afterAll(async () => {
    await running.stop();
  });
  const patch = (spec: object, query = '') =>
    call(running.api, `PATCH ${NET}?dryRun=All${query}`, { spec }, { type: PATCH.merge });

  it('takes what fits, and fills in defaults', async () => {
    const spec = { cidr: '10.0.0.0/8', port: 'http', labels: { a: 'b' }, free: { any: [1] }, list: [{ a: true }] };
    const { status, body } = await patch({ ...spec, method: null });
    expect([status, body['spec']]).toEqual([200, { mtu: 1500, method: 'FirstFound', ...spec }]);
    expect(body.metadata['generation']).toBe(2);
  });

  it('drops unknown fields with a warning, or refuses them', async () => {
    const spec = { mtx: 1, list: [{ a: true, b: 1 }] };
    const { body, headers } = await patch(spec);
    expect(body['spec']).toMatchObject({ list: [{ a: true }] });
    expect(body['spec']).not.toHaveProperty('mtx');
    expect(headers['warning']).toContain('unknown field');
    const strict = await patch(spec, '&fieldValidation=Strict');
    expect(strict.body.message).toContain('unknown field "spec.mtx", unknown field "spec.list[0].b"');
  });

  it.each<[string, object, string, string]>([
    ['another type', { mtu: 'big' }, 'spec.mtu', 'spec.mtu in body must be of type integer: "string"'],
    ['a value out of range', { mtu: 100 }, 'spec.mtu', 'should be greater than or equal to 576'],
    [
      'an unknown method',
      { method: 'Guess' },
      'spec.method',
      'Unsupported value: "Guess": supported values: "FirstFound", "Interface"',
    ],
    ['text that does not match', { cidr: 'all' }, 'spec.cidr', "should match '^"],
    ['a missing field', { mtu: null }, 'spec.mtu', 'Required value'],
    ['a label that is no text', { labels: { a: 1 } }, 'spec.labels.a', 'must be of type string: "number"'],
  ])('422 for %s', async (_title, spec, field, message) => {
    const { status, body } = await patch(spec);
    expect([status, body.details.causes]).toEqual([
      422,
      [expect.objectContaining({ field, message: expect.stringContaining(message) })],
    ]);
    expect(body.message).toContain('Net.example.com "one" is invalid: ');
  });

  it('status only through status', async () => {
    const status = { seen: true };
    const main = await call(running.api, `PATCH ${NET}`, { status }, { type: PATCH.merge });
    expect(main.body).not.toHaveProperty('status');
    const own = await call(running.api, `PATCH ${NET}/status`, { status }, { type: PATCH.merge });
    expect(own.body).toMatchObject({ status, metadata: { generation: 1 } });
  });
});
