/** Nodes as `kubectl get nodes` shows them. */
import { entries, flag, items, text } from '../json.ts';
import type { KubeObject } from '../types.ts';
import { age, column, type Printer } from './printer.ts';

const ROLE_PREFIX = 'node-role.kubernetes.io/';
const ROLE_LABEL = 'kubernetes.io/role';

/** The printer of Nodes. */
export const nodePrinter: Printer = {
  columns: [
    column('Name'),
    column('Status'),
    column('Roles'),
    column('Age'),
    column('Version'),
    column('Internal-IP', 'wide'),
    column('External-IP', 'wide'),
    column('OS-Image', 'wide'),
    column('Kernel-Version', 'wide'),
    column('Container-Runtime', 'wide'),
  ],
  cells: (node, context) => {
    const info = (field: string) => text(node, 'status', 'nodeInfo', field);
    return [
      node.metadata.name,
      statusOf(node),
      rolesOf(node),
      age(node, context),
      info('kubeletVersion'),
      addressOf(node, 'InternalIP'),
      addressOf(node, 'ExternalIP'),
      info('osImage') || '<unknown>',
      info('kernelVersion') || '<unknown>',
      info('containerRuntimeVersion') || '<unknown>',
    ];
  },
};

function statusOf(node: KubeObject): string {
  const ready = items(node, 'status', 'conditions').findLast((condition) => text(condition, 'type') === 'Ready');
  const status = ready === undefined ? 'Unknown' : text(ready, 'status') === 'True' ? 'Ready' : 'NotReady';
  return flag(node, 'spec', 'unschedulable') ? `${status},SchedulingDisabled` : status;
}

function rolesOf(node: KubeObject): string {
  const roles = new Set<string>();
  for (const [label, value] of entries(node.metadata.labels)) {
    const named = label.startsWith(ROLE_PREFIX) ? label.slice(ROLE_PREFIX.length) : '';
    if (named !== '') roles.add(named);
    else if (label === ROLE_LABEL && typeof value === 'string' && value !== '') roles.add(value);
  }
  return [...roles].sort().join(',') || '<none>';
}

function addressOf(node: KubeObject, type: string): string {
  const found = items(node, 'status', 'addresses').find((address) => text(address, 'type') === type);
  return found === undefined ? '<none>' : text(found, 'address');
}
