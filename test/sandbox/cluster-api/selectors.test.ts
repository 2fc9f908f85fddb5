/** Label and field selectors: what they select, and what they refuse. */
import { describe, expect, it } from 'vitest';
import {
  fieldPredicate,
  fieldsOf,
  parseFieldSelector,
  parseLabelSelector,
} from '../../../src/sandbox/cluster/api/selectors.ts';
import { pod } from './fixtures.ts';

function labelled(labels: Record<string, string>) {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x', labels } };
}

describe('label selectors', () => {
  const labels = { app: 'web', 'example.com/tier': 'front', size: '3' };
  it.each([
    ['', true],
    ['app=web', true],
    ['app==web', true],
    ['app=db', false],
    ['app!=db', true],
    ['missing!=db', true],
    ['app', true],
    ['missing', false],
    ['!missing', true],
    ['!app', false],
    ['app in (db, web)', true],
    ['app in (db)', false],
    ['app notin (db)', true],
    ['missing notin (db)', true],
    ['app notin (db,web)', false],
    ['example.com/tier=front,app in (web),!missing', true],
    ['example.com/tier=front,app in (db)', false],
    ['size>2', true],
    ['size<2', false],
    ['constructor', false],
  ])('%s → %s', (selector, expected) => {
    expect(parseLabelSelector(selector)(labelled(labels))).toBe(expected);
  });

  it.each(['a=b=c', 'in (x)', 'a in x', '=b', 'a=b,(', 'ä=b'])('refuses "%s" with a 400', (selector) => {
    expect(() => parseLabelSelector(selector)).toThrow(
      expect.objectContaining({ code: 400, message: expect.stringContaining('unable to parse requirement') }),
    );
  });
});

describe('field selectors', () => {
  const web = pod('shop', 'web-1', 'alpha');
  const select = (selector: string, minor = 33) =>
    fieldPredicate(parseFieldSelector(selector, fieldsOf('', 'Pod', minor)))(web);

  it.each([
    ['spec.nodeName=alpha', true],
    ['spec.nodeName!=alpha', false],
    ['spec.nodeName==alpha,status.phase!=Failed,status.phase!=Succeeded', true],
    ['metadata.name=web-1,metadata.namespace=shop', true],
    ['metadata.name=web-2', false],
    ['status.nominatedNodeName=', true],
    ['spec.hostNetwork=false', true],
    ['spec.hostNetwork=true', false],
  ])('%s → %s', (selector, expected) => {
    expect(select(selector)).toBe(expected);
  });

  it('refuses a field that the kind does not select by', () => {
    expect(() => select('spec.image=x')).toThrow('field label not supported: spec.image');
    expect(() => parseFieldSelector('spec.x=1', fieldsOf('apps', 'Deployment', 33))).toThrow(
      '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
    );
  });

  it('knows a field only from the version that brought it', () => {
    expect(() => parseFieldSelector('spec.type=NodePort', fieldsOf('', 'Service', 30))).toThrow('not a known field');
    expect(parseFieldSelector('spec.type=NodePort', fieldsOf('', 'Service', 31))).toHaveLength(1);
    expect(() => select('spec.hostNetwork=true', 18)).toThrow('field label not supported');
  });

  it('takes escaped commas and equal signs as part of the value', () => {
    const [term] = parseFieldSelector('metadata.name=a\\,b\\=c', fieldsOf('', 'Pod', 33));
    expect(term).toEqual({ path: 'metadata.name', equal: true, value: 'a,b=c' });
  });
});
