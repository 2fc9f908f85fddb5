/** JSON merge patch and JSON patch against expected documents; the cases follow RFC 7386 and RFC 6902. */
import { describe, expect, it } from 'vitest';
import { jsonPatch, mergePatch } from '../../../src/sandbox/cluster/api/write/json-patches.ts';

type Json = Record<string, unknown>;

describe('a merge patch', () => {
  it.each<[string, Json, Json, Json]>([
    ['replaces a value', { a: 'b' }, { a: 'c' }, { a: 'c' }],
    ['adds a value', { a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    ['null deletes', { a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    ['lists are replaced', { a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    ['maps merge deeply', { a: { b: 'c', d: 1 } }, { a: { b: 'e', d: null } }, { a: { b: 'e' } }],
    ['a map in place of a list', { a: [1] }, { a: { b: null, c: 1 } }, { a: { c: 1 } }],
  ])('%s', (_title, before, patch, after) => {
    expect(mergePatch(before, patch)).toEqual(after);
  });
});

describe('a JSON patch', () => {
  it.each<[string, Json, Json[], Json]>([
    ['adds a member', { a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
    ['adds into a list', { l: [1, 3] }, [{ op: 'add', path: '/l/1', value: 2 }], { l: [1, 2, 3] }],
    ['adds to the end of a list', { l: [1] }, [{ op: 'add', path: '/l/-', value: 2 }], { l: [1, 2] }],
    ['add replaces a member that is there', { a: 1 }, [{ op: 'add', path: '/a', value: 2 }], { a: 2 }],
    [
      'removes from a map and a list',
      { a: 1, l: [1, 2] },
      [
        { op: 'remove', path: '/a' },
        { op: 'remove', path: '/l/0' },
      ],
      { l: [2] },
    ],
    ['replaces', { l: [1, 2] }, [{ op: 'replace', path: '/l/1', value: 3 }], { l: [1, 3] }],
    ['moves', { a: { b: 1 } }, [{ op: 'move', from: '/a/b', path: '/c' }], { a: {}, c: 1 }],
    ['copies', { a: [1] }, [{ op: 'copy', from: '/a', path: '/b' }], { a: [1], b: [1] }],
    [
      'goes on after a test that holds',
      { a: { x: [1] } },
      [
        { op: 'test', path: '/a', value: { x: [1] } },
        { op: 'remove', path: '/a' },
      ],
      {},
    ],
    [
      'reads ~1 and ~0 in a path',
      { 'a/b': 1, 'c~d': 2 },
      [
        { op: 'remove', path: '/a~1b' },
        { op: 'replace', path: '/c~0d', value: 3 },
      ],
      { 'c~d': 3 },
    ],
  ])('%s', (_title, before, patch, after) => {
    const untouched = structuredClone(before);
    expect(jsonPatch(before, patch)).toEqual(after);
    expect(before).toEqual(untouched);
  });

  it.each<[string, unknown, number]>([
    ['a test that fails', [{ op: 'test', path: '/a', value: 2 }], 422],
    ['a path to nothing', [{ op: 'remove', path: '/x/y' }], 422],
    ['replacing nothing', [{ op: 'replace', path: '/x', value: 1 }], 422],
    ['an index beyond the end', [{ op: 'add', path: '/l/5', value: 1 }], 422],
    ['an index with a sign', [{ op: 'replace', path: '/l/-1', value: 1 }], 422],
    ['moving something into itself', [{ op: 'move', from: '/o', path: '/o/p' }], 422],
    ['an unknown operation', [{ op: 'burn', path: '/a' }], 400],
    ['a patch that is no list', { op: 'remove', path: '/a' }, 400],
    ['more than 10,000 operations', Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/a', value: 1 })), 413],
  ])('refuses %s', (_title, patch, code) => {
    expect(() => jsonPatch({ a: 1, l: [1], o: {} }, patch)).toThrow(expect.objectContaining({ code }) as Error);
  });
});
