/** What kube-proxy reads of its ConfigMap when it starts. */
import { parse } from 'yaml';
import { items, text } from '../cluster/api/json.ts';
import type { Life } from './life.ts';

/** `nodePortAddresses` of the ConfigMap as it stands; what the model says where there is none. A broken one counts as empty. */
export function configuredAddresses(life: Life): string[] {
  const { proxy } = life.model();
  const map = life.store.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace: proxy.namespace, name: 'kube-proxy' });
  if (map === undefined) return proxy.nodePortAddresses;
  const config: unknown = parsed(text(map, 'data', 'config.conf'));
  return items(config, 'nodePortAddresses').map(String);
}

function parsed(yaml: string): unknown {
  try {
    return parse(yaml);
  } catch {
    return undefined;
  }
}
