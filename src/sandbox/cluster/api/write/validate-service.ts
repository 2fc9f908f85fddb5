/** Validation of Services: ports, types, traffic policies, and the addresses that must not change. */
import { at, count, items, present, text } from '../json.ts';
import { duplicate, forbiddenField, invalid, type Problem, required, unsupported } from './problems.ts';
import { portProblems, protocolProblems } from './validate-pod.ts';

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const POLICIES = ['Cluster', 'Local'];
const AFFINITIES = ['ClientIP', 'None'];
/** The default of `--service-node-port-range`. */
export const NODE_PORTS = { first: 30_000, last: 32_767 };
const PORT_NAME = /^[a-z0-9](-?[a-z0-9])*$/;

/** What is wrong with a Service's spec. */
export function validateService(spec: unknown, before: unknown): Problem[] {
  const type = text(spec, 'type') || 'ClusterIP';
  const problems: Problem[] = [];
  if (!TYPES.includes(type)) problems.push(unsupported('spec.type', type, TYPES));
  if (type === 'ExternalName') {
    if (text(spec, 'externalName') === '') problems.push(required('spec.externalName'));
    return problems;
  }
  problems.push(...portListProblems(spec, type), ...policyProblems(spec, type));
  const affinity = text(spec, 'sessionAffinity');
  if (affinity !== '' && !AFFINITIES.includes(affinity)) {
    problems.push(unsupported('spec.sessionAffinity', affinity, AFFINITIES));
  }
  const [address, old] = [text(spec, 'clusterIP'), text(before, 'clusterIP')];
  if (old !== '' && text(before, 'type') !== 'ExternalName' && address !== old) {
    problems.push(invalid('spec.clusterIP', address, 'field is immutable'));
  }
  return problems;
}

function portListProblems(spec: unknown, type: string): Problem[] {
  const ports = items(spec, 'ports');
  const headless = text(spec, 'clusterIP') === 'None';
  if (ports.length === 0) return headless ? [] : [required('spec.ports')];
  const seen = { names: new Set<string>(), ports: new Set<string>(), nodePorts: new Set<string>() };
  return ports.flatMap((port, index) => {
    const field = `spec.ports[${index}]`;
    const name = text(port, 'name');
    const protocol = text(port, 'protocol') || 'TCP';
    const problems = [
      ...portProblems(at(port, 'port'), `${field}.port`),
      ...protocolProblems(protocol, `${field}.protocol`),
      ...targetProblems(at(port, 'targetPort'), `${field}.targetPort`),
      ...nodePortProblems(at(port, 'nodePort'), `${field}.nodePort`, type),
    ];
    if (name === '' && ports.length > 1) problems.push(required(`${field}.name`));
    if (name !== '' && repeats(seen.names, name)) problems.push(duplicate(`${field}.name`, name));
    if (repeats(seen.ports, `${protocol}/${count(port, 'port')}`)) {
      problems.push(duplicate(field, { protocol, port: count(port, 'port') }));
    }
    const nodePort = count(port, 'nodePort');
    if (nodePort !== 0 && repeats(seen.nodePorts, `${protocol}/${nodePort}`)) {
      problems.push(duplicate(`${field}.nodePort`, nodePort));
    }
    return problems;
  });
}

function repeats(seen: Set<string>, value: string): boolean {
  if (seen.has(value)) return true;
  seen.add(value);
  return false;
}

function targetProblems(target: unknown, field: string): Problem[] {
  if (target === undefined || target === null) return [];
  if (typeof target !== 'string') return portProblems(target, field);
  if (target.length > 15) return [invalid(field, target, 'must be no more than 15 characters')];
  if (!PORT_NAME.test(target)) {
    return [invalid(field, target, 'must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')];
  }
  return /[a-z]/.test(target) ? [] : [invalid(field, target, 'must contain at least one letter (a-z)')];
}

function nodePortProblems(nodePort: unknown, field: string, type: string): Problem[] {
  if (nodePort === undefined || nodePort === 0 || typeof nodePort !== 'number') return [];
  if (type === 'ClusterIP') return [forbiddenField(field, "may not be used when `type` is 'ClusterIP'")];
  if (nodePort >= NODE_PORTS.first && nodePort <= NODE_PORTS.last) return [];
  const range = `${NODE_PORTS.first}-${NODE_PORTS.last}`;
  return [invalid(field, nodePort, `provided port is not in the valid range. The range of valid ports is ${range}`)];
}

function policyProblems(spec: unknown, type: string): Problem[] {
  const policy = text(spec, 'externalTrafficPolicy');
  const internal = text(spec, 'internalTrafficPolicy');
  const problems: Problem[] = [];
  if (internal !== '' && !POLICIES.includes(internal)) {
    problems.push(unsupported('spec.internalTrafficPolicy', internal, POLICIES));
  }
  if (policy === '') return problems;
  if (type === 'ClusterIP') {
    const detail = 'may only be set for externally-accessible services';
    problems.push(invalid('spec.externalTrafficPolicy', policy, detail));
  } else if (!POLICIES.includes(policy)) {
    problems.push(unsupported('spec.externalTrafficPolicy', policy, POLICIES));
  }
  if (present(spec, 'healthCheckNodePort') && type !== 'LoadBalancer') {
    const detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    problems.push(invalid('spec.healthCheckNodePort', at(spec, 'healthCheckNodePort'), detail));
  }
  return problems;
}
