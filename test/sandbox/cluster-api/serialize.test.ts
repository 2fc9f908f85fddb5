/** Time shifting: every time of an object, in the form in which it was written, and nothing else. */
import { describe, expect, it } from 'vitest';
import { createSerializer } from '../../../src/sandbox/cluster/api/serialize.ts';

const DAY = 86_400_000;

function served(value: unknown, shiftMs = DAY): unknown {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, value };
  return JSON.parse(createSerializer(shiftMs).whole(object, 'v1')).value;
}

describe('serializer', () => {
  it.each([
    ['seconds', '2024-02-28T23:00:00Z', '2024-02-29T23:00:00Z'],
    ['microseconds', '2024-02-28T23:00:00.123456Z', '2024-02-29T23:00:00.123456Z'],
    ['nanoseconds', '2024-02-28T23:00:00.123456789Z', '2024-02-29T23:00:00.123456789Z'],
    ['an offset', '2024-02-28T23:00:00+08:00', '2024-02-29T23:00:00+08:00'],
  ])('shifts a time with %s', (_title, before, after) => {
    expect(served(before)).toBe(after);
  });

  it.each([
    ['a date in a sentence', 'since 2024-02-28T23:00:00Z'],
    ['JSON inside a string', '{"at":"2024-02-28T23:00:00Z"}'],
    ['a date alone', '2024-02-28'],
    ['an impossible time', '2024-13-41T23:00:00Z'],
  ])('leaves %s alone', (_title, text) => {
    expect(served(text)).toBe(text);
  });

  it('shifts back as well, across a fraction', () => {
    expect(served('2024-03-01T00:00:00.250000Z', -500)).toBe('2024-02-29T23:59:59.750000Z');
  });

  it('leaves keys alone', () => {
    expect(served({ '2024-02-28T23:00:00Z': 1 })).toEqual({ '2024-02-28T23:00:00Z': 1 });
  });

  it('serves the version that was asked for', () => {
    const object = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name: 'x' } };
    const text = createSerializer(0).whole(object, 'discovery.k8s.io/v1beta1');
    expect(JSON.parse(text)).toEqual({ ...object, apiVersion: 'discovery.k8s.io/v1beta1' });
  });
});
