/** Kinds with a few plain columns: namespaces, config maps, secrets, leases, budgets, requests, definitions. */
import { at, count, entries, items, scalar, text } from '../json.ts';
import type { KubeObject } from '../types.ts';
import { age, column, type Printer } from './printer.ts';

/** A printer whose cells stand between the name and the age. */
function between(names: string[], cells: (object: KubeObject) => unknown[]): Printer {
  return {
    columns: [column('Name'), ...names.map((name) => column(name)), column('Age')],
    cells: (object, context) => [object.metadata.name, ...cells(object), age(object, context)],
  };
}

/** Name and age: for everything that has no printer of its own. */
export const genericPrinter: Printer = between([], () => []);

/** The printer of Namespaces. */
export const namespacePrinter = between(['Status'], (namespace) => [text(namespace, 'status', 'phase')]);

/** The printer of ConfigMaps. */
export const configMapPrinter = between(['Data'], (map) => [
  entries(map, 'data').length + entries(map, 'binaryData').length,
]);

/** The printer of Secrets. */
export const secretPrinter = between(['Type', 'Data'], (secret) => [
  text(secret, 'type') || 'Opaque',
  entries(secret, 'data').length,
]);

/** The printer of ServiceAccounts. */
export const serviceAccountPrinter = between(['Secrets'], (account) => [items(account, 'secrets').length]);

/** The printer of Leases. */
export const leasePrinter = between(['Holder'], (lease) => [text(lease, 'spec', 'holderIdentity')]);

/** The printer of PodDisruptionBudgets. */
export const budgetPrinter = between(['Min Available', 'Max Unavailable', 'Allowed Disruptions'], (budget) => [
  scalar(budget, 'spec', 'minAvailable') || 'N/A',
  scalar(budget, 'spec', 'maxUnavailable') || 'N/A',
  count(budget, 'status', 'disruptionsAllowed'),
]);

/** The printer of PriorityClasses. */
export const priorityClassPrinter = between(['Value', 'Global-Default'], (priority) => [
  count(priority, 'value'),
  at(priority, 'globalDefault') === true,
]);

/** The printer of CertificateSigningRequests. */
export const signingRequestPrinter: Printer = {
  columns: [column('Name'), column('Age'), column('SignerName'), column('Requestor'), column('Condition')],
  cells: (request, context) => {
    const conditions = items(request, 'status', 'conditions').map((condition) => text(condition, 'type'));
    const state = ['Approved', 'Denied', 'Failed'].filter((type) => conditions.includes(type));
    if (text(request, 'status', 'certificate') !== '') state.push('Issued');
    return [
      request.metadata.name,
      age(request, context),
      text(request, 'spec', 'signerName') || '<none>',
      text(request, 'spec', 'username'),
      state.join(',') || 'Pending',
    ];
  },
};

/** The printer of CustomResourceDefinitions, which show when, not how long ago. */
export const definitionPrinter: Printer = {
  columns: [column('Name'), column('Created At', 'always', 'date')],
  cells: (definition, context) => [
    definition.metadata.name,
    context.shiftTime(definition.metadata.creationTimestamp ?? ''),
  ],
};

/** The printer of ComponentStatuses. */
export const componentStatusPrinter: Printer = {
  columns: [column('Name'), column('Status'), column('Message'), column('Error')],
  cells: (component) => {
    const healthy = items(component, 'conditions').find((condition) => text(condition, 'type') === 'Healthy');
    const status = { True: 'Healthy', False: 'Unhealthy' }[text(healthy, 'status')] ?? 'Unknown';
    return [component.metadata.name, status, text(healthy, 'message'), text(healthy, 'error')];
  },
};
