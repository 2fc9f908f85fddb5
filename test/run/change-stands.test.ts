/** Whether a change still stands: for each kind of patch, what counts as put back and what is somebody else's. */
import { expect, test } from 'vitest';
import { ApiObject } from '../../src/core/api-object.ts';
import { type ApiStep } from '../../src/core/remediation.ts';
import { reversedField } from '../../src/run/change-stands.ts';
import { calicoStep } from '../support/drafts.ts';

const object = (spec: object): ApiObject =>
  ApiObject.parse({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', uid: 'u', resourceVersion: '1' },
    spec,
  });
const step = (patch: ApiStep['patch'], body: unknown): ApiStep => ({ ...calicoStep(), patch, body });

test.each<[string, object, ApiStep, string | undefined]>([
  ['the value is there', { replicas: 3, paused: true }, step('merge', { spec: { replicas: 3 } }), undefined],
  ['another value', { replicas: 2 }, step('merge', { spec: { replicas: 3 } }), 'spec.replicas'],
  ['gone as wanted', {}, step('merge', { spec: { paused: null } }), undefined],
  ['back again', { paused: true }, step('merge', { spec: { paused: null } }), 'spec.paused'],
  [
    'an entry of a list among others',
    { ports: [{ port: 1 }, { port: 80, targetPort: 8080 }] },
    step('strategic', { spec: { ports: [{ port: 80, targetPort: 8080 }] } }),
    undefined,
  ],
  [
    'an entry with another value',
    { ports: [{ name: 'web', port: 80, targetPort: 1 }] },
    step('strategic', { spec: { ports: [{ name: 'web', targetPort: 8080 }] } }),
    'spec.ports[web].targetPort',
  ],
  [
    'an entry that was deleted',
    { env: [] },
    step('strategic', { spec: { env: [{ name: 'A', $patch: 'delete' }] } }),
    undefined,
  ],
  [
    'an entry that came back',
    { env: [{ name: 'A', value: '1' }] },
    step('strategic', { spec: { env: [{ name: 'A', $patch: 'delete' }] } }),
    'spec.env[A]',
  ],
  [
    'directives are no fields',
    { env: [{ name: 'A' }] },
    step('strategic', { spec: { $retainKeys: ['x'], env: [{ $patch: 'replace' }, { name: 'A' }] } }),
    undefined,
  ],
  [
    'a JSON patch that stands',
    { a: [{ b: 1 }, { b: 2 }] },
    step('json', [
      { op: 'test', path: '/spec/x', value: 1 },
      { op: 'replace', path: '/spec/a/1/b', value: 2 },
    ]),
    undefined,
  ],
  [
    'a JSON patch that was put back',
    { a: { 'x/y': 1 } },
    step('json', [{ op: 'add', path: '/spec/a/x~1y', value: 2 }]),
    'spec.a.x/y',
  ],
  ['something appended', { a: [1, 2] }, step('json', [{ op: 'add', path: '/spec/a/-', value: 2 }]), undefined],
  ['something removed that is back', { a: 1 }, step('json', [{ op: 'remove', path: '/spec/a' }]), 'spec.a'],
])('%s', (_, spec, change, expected) => {
  expect(reversedField(object(spec), change)).toBe(expected);
});
