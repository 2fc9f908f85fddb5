import { describe, expect, test } from 'vitest';
import { diffObjects, isWhole } from '../../src/core/object-diff.ts';

const object = (more: object, kind = 'Deployment') => ({ apiVersion: 'v1', kind, metadata: { name: 'web' }, ...more });
const diff = (before: object, after: object, kind?: string) => diffObjects(object(before, kind), object(after, kind));

describe('what differs, as people say it', () => {
  test.each([
    [
      'a value',
      { spec: { replicas: 2 } },
      { spec: { replicas: 3 } },
      [{ path: 'spec.replicas', before: '2', after: '3' }],
    ],
    ['added', { spec: {} }, { spec: { paused: true } }, [{ path: 'spec.paused', after: 'true' }]],
    ['removed', { spec: { paused: true } }, { spec: {} }, [{ path: 'spec.paused', before: 'true' }]],
    ['nothing', { spec: { a: [1] } }, { spec: { a: [1] } }, []],
    [
      'an item by its name, wherever it stands',
      {
        spec: {
          env: [
            { name: 'A', value: '1' },
            { name: 'B', value: '2' },
          ],
        },
      },
      {
        spec: {
          env: [
            { name: 'B', value: '3' },
            { name: 'A', value: '1' },
          ],
        },
      },
      [{ path: 'spec.env[B].value', before: '2', after: '3' }],
    ],
    [
      'a new item as a whole',
      { spec: { env: [{ name: 'A', value: '1' }] } },
      {
        spec: {
          env: [
            { name: 'A', value: '1' },
            { name: 'B', value: '2' },
          ],
        },
      },
      [{ path: 'spec.env[B]', after: '{"name":"B","value":"2"}' }],
    ],
    [
      'an item without a name by its place',
      { spec: { a: ['x', 'y'] } },
      { spec: { a: ['x', 'z'] } },
      [{ path: 'spec.a[1]', before: 'y', after: 'z' }],
    ],
    [
      'a key with dots',
      { metadata: { annotations: { 'example.com/a': '1' } } },
      { metadata: { annotations: { 'example.com/a': '2' } } },
      [{ path: 'metadata.annotations["example.com/a"]', before: '1', after: '2' }],
    ],
    [
      'the lines of a text that differ',
      { data: { 'config.conf': 'a: 1\nb: 2\nc: 3\n' } },
      { data: { 'config.conf': 'a: 1\nb: 4\nb: 5\nc: 3\n' } },
      [{ path: 'data["config.conf"] line 2', before: 'b: 2', after: 'b: 4\nb: 5' }],
    ],
    [
      'bookkeeping is left out',
      { metadata: { resourceVersion: '1', generation: 1 }, status: { a: 1 } },
      { metadata: { resourceVersion: '2', generation: 2, managedFields: [] }, status: { a: 2 } },
      [],
    ],
  ])('%s', (_name, before, after, lines) => {
    expect(diff(before, after)).toEqual(lines);
  });

  test('status where it is asked for', () => {
    const [before, after] = [object({ status: { a: 1 } }), object({ status: { a: 2 } })];
    expect(diffObjects(before, after, { status: true })).toEqual([{ path: 'status.a', before: '1', after: '2' }]);
  });
});

describe('secrets are never shown', () => {
  test.each([
    ['a Secret', 'Secret', { data: { user: 'bWU=' } }, { data: { user: 'eW91' } }],
    [
      'a variable by its name',
      'Pod',
      { env: [{ name: 'DB_PASSWORD', value: 'bWU=' }] },
      { env: [{ name: 'DB_PASSWORD', value: 'eW91' }] },
    ],
    ['a field by its name', 'Pod', { token: 'bWU=' }, { token: 'eW91' }],
    ['a new variable', 'Pod', { env: [] }, { env: [{ name: 'DB_PASSWORD', value: 'eW91' }] }],
    ['a password in an argument', 'Pod', { args: ['--password=bWU='] }, { args: ['--password=eW91'] }],
    ['a password in a text', 'Pod', { conf: 'a\npassword: bWU=\n' }, { conf: 'a\npassword: eW91\n' }],
  ])('%s', (_name, kind, before, after) => {
    const lines = diff(before, after, kind);
    expect(lines).toHaveLength(1);
    expect(JSON.stringify(lines)).toContain('<redacted>');
    expect(JSON.stringify(lines)).not.toMatch(/bWU=|eW91/);
  });

  test('where a secret is found is no secret', () => {
    const volume = (secretName: string) => ({ spec: { volumes: [{ name: 'v', secret: { secretName } }] } });
    expect(diff(volume('a'), volume('b'))).toEqual([
      { path: 'spec.volumes[v].secret.secretName', before: 'a', after: 'b' },
    ]);
  });
});

test('it is bounded, and says how much is left out', () => {
  const many = (value: number) => Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, value]));
  const lines = diff({ spec: many(1) }, { spec: many(2) });
  expect(lines).toHaveLength(200);
  expect(lines.at(-1)).toEqual({ path: '…', after: '301 more lines' });
  const [long] = diff({ spec: 'a' }, { spec: 'b'.repeat(9000) });
  expect(long?.after).toHaveLength(2000);
});

describe('what is not shown cannot be approved', () => {
  const many = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`key${i}`, 'x']));
  test.each([
    ['a short change is whole', { a: 'x' }, { a: 'y' }, true],
    ['200 lines are whole', { data: {} }, { data: many(200) }, true],
    ['201 are cut', { data: {} }, { data: many(201) }, false],
    ['a value that was cut', { a: 'x' }, { a: 'y'.repeat(3000) }, false],
  ])('%s', (_name, before, after, whole) => {
    expect(isWhole(diffObjects(before, after))).toBe(whole);
  });
});
