/** The store: order, versions, changes, what it looked like before, and what it refuses. */
import { describe, expect, it } from 'vitest';
import { createObjectStore } from '../../../src/sandbox/cluster/api/object-store.ts';
import { pod } from './fixtures.ts';

const PODS = ['', 'Pod'] as const;
const names = (list: readonly { metadata: { name: string } }[] | undefined) => list?.map((one) => one.metadata.name);

describe('object store', () => {
  it('sorts by namespace and name', () => {
    const store = createObjectStore([pod('b', 'one', 'n'), pod('a', 'two', 'n'), pod('a', 'one', 'n')]);
    expect(names(store.list('v1', 'Pod'))).toEqual(['one', 'two', 'one']);
    expect(names(store.list('v1', 'Pod', 'a'))).toEqual(['one', 'two']);
  });

  it('gives each change a new resource version and keeps the uid', () => {
    const store = createObjectStore([]);
    const first = store.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'a', name: 'x' } });
    const second = store.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'a', name: 'x' } });
    expect(Number(second.metadata.resourceVersion)).toBe(Number(first.metadata.resourceVersion) + 1);
    expect(second.metadata.uid).toBe(first.metadata.uid);
    expect(store.resourceVersion()).toBe(Number(second.metadata.resourceVersion));
  });

  it('continues after the highest resource version that it was given', () => {
    const old = pod('a', 'x', 'n');
    const store = createObjectStore([{ ...old, metadata: { ...old.metadata, resourceVersion: '987654' } }]);
    expect(store.get({ apiVersion: 'v1', kind: 'Pod', namespace: 'a', name: 'x' })?.metadata.resourceVersion).toBe(
      '987654',
    );
    expect(store.put(pod('a', 'y', 'n')).metadata.resourceVersion).toBe('987655');
  });

  it('tells how a kind looked at an earlier version, until the change is forgotten', () => {
    const store = createObjectStore([pod('a', 'x', 'n'), pod('a', 'y', 'n')]);
    const before = store.resourceVersion();
    store.delete({ apiVersion: 'v1', kind: 'Pod', namespace: 'a', name: 'x' });
    store.put(pod('a', 'z', 'n'));
    store.put(pod('a', 'y', 'other'));
    const pods = store.collection(...PODS);
    expect(names(pods.all())).toEqual(['y', 'z']);
    expect(names(pods.asOf(before))).toEqual(['x', 'y']);
    expect(pods.asOf(before)?.[1]?.['spec']).toMatchObject({ nodeName: 'n' });
    expect(pods.since(before)?.map((change) => change.type)).toEqual(['DELETED', 'ADDED', 'MODIFIED']);
    store.compact();
    expect(pods.asOf(before)).toBeUndefined();
    expect(pods.since(before)).toBeUndefined();
  });

  it('keeps no more changes than its window', () => {
    const store = createObjectStore([], 2);
    const before = store.resourceVersion();
    for (const name of ['a', 'b', 'c']) store.put(pod('x', name, 'n'));
    const pods = store.collection(...PODS);
    expect(pods.since(before)).toBeUndefined();
    expect(pods.since(before + 1)).toHaveLength(2);
  });

  it('keeps its indexes right after a change', () => {
    const store = createObjectStore([pod('a', 'x', 'n1')]);
    const pods = store.collection(...PODS);
    expect(names(pods.where('spec.nodeName', 'n1'))).toEqual(['x']);
    store.put(pod('a', 'x', 'n2'));
    expect(pods.where('spec.nodeName', 'n1')).toEqual([]);
    expect(names(pods.where('spec.nodeName', 'n2'))).toEqual(['x']);
  });

  it('refuses what is no object, and says what is missing', () => {
    const store = createObjectStore([]);
    expect(() => store.put(JSON.parse('{"apiVersion":"v1","kind":"Pod","metadata":{}}'))).toThrow('"metadata.name"');
    expect(() => createObjectStore([JSON.parse('{"kind":"Pod","metadata":{"name":"x"}}')])).toThrow('"apiVersion"');
  });

  it('says whether there was something to delete', () => {
    const store = createObjectStore([pod('a', 'x', 'n')]);
    const ref = { apiVersion: 'v1', kind: 'Pod', namespace: 'a', name: 'x' };
    expect(store.delete(ref)).toBe(true);
    expect(store.delete(ref)).toBe(false);
  });
});
