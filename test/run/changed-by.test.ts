/** Who changed an object last, out of its managedFields. */
import { describe, expect, test } from 'vitest';
import type { ApiObject } from '../../src/core/api-object.ts';
import { lastChange } from '../../src/run/changed-by.ts';

const at = (second: number): string => `2026-11-25T01:00:0${second}Z`;
const spec = { 'f:spec': { 'f:template': {} } };
const revision = { 'f:metadata': { 'f:annotations': { '.': {}, 'f:deployment.kubernetes.io/revision': {} } } };

function written(...fields: object[]): ApiObject {
  const metadata = { name: 'web', namespace: 'shop', uid: 'u', resourceVersion: '1', managedFields: fields };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata } as ApiObject;
}

describe('the last writer', () => {
  const person = { manager: 'kubectl-edit', operation: 'Update', time: at(1), fieldsV1: spec };
  const controller = { manager: 'kube-controller-manager', operation: 'Update', time: at(2) };
  const cases: [string, ApiObject, string | undefined][] = [
    ['a person', written(person), 'kubectl-edit'],
    ['the newest of two', written(person, { ...controller, manager: 'helm', fieldsV1: spec }), 'helm'],
    [
      'a person, whose change the controller numbered',
      written(person, { ...controller, fieldsV1: revision }),
      'kubectl-edit',
    ],
    [
      'a person, though status and number were written in one',
      written(person, { ...controller, fieldsV1: { ...revision, 'f:status': {} } }),
      'kubectl-edit',
    ],
    ['a controller that wrote the spec', written(person, { ...controller, fieldsV1: spec }), 'kube-controller-manager'],
    [
      'a controller that wrote another annotation',
      written(person, { ...controller, fieldsV1: { 'f:metadata': { 'f:annotations': { 'f:team': {} } } } }),
      'kube-controller-manager',
    ],
    [
      'the status subresource does not count',
      written(person, { ...controller, subresource: 'status' }),
      'kubectl-edit',
    ],
    ['fields that nobody tells', written(person, controller), 'kube-controller-manager'],
    ['no managedFields', written(), undefined],
  ];
  test.each(cases)('%s', (_name, object, by) => {
    expect(lastChange(object)?.by).toBe(by);
  });
});
