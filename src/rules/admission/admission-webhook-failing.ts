/** Cause: an admission webhook cannot be asked, and the API server refuses what it would have judged. */
import { type Facts, proof } from '../../core/facts.ts';
import { namespacedRef } from '../../core/object-ref.ts';
import { type Beside, type Reading, refusalRule, WORD } from './refusal-rule.ts';
import type { Refusal } from './refusals.ts';

const FAILED = /failed calling webhook "(?<hook>[^"]+)": (?<why>.*)$/s;
const SERVICE = /https:\/\/(?<service>[a-z0-9-]+)\.(?<home>[a-z0-9-]+)\.svc(?:[:/.]|$)/;

const REASONS = [
  ['no-endpoints', /no endpoints available for service/],
  ['no-service', /service "?[^"\s]+"? not found/],
  ['certificate', /x509:|certificate|tls: /],
  ['refused', /connection refused/],
  ['timeout', /context deadline exceeded|Client\.Timeout|i\/o timeout|no route to host|timed out/],
] as const;

type TextId =
  | (typeof REASONS)[number][0]
  | 'other'
  | 'word'
  | 'endpoints'
  | 'pods'
  | 'renew'
  | 'path'
  | 'lift'
  | 'restart';

const STOPPED = 'so the API server refuses the Pods of {workloads}';

export const admissionWebhookFailing = refusalRule({
  id: 'admission-webhook-failing',
  summary: 'an admission webhook that cannot be asked',
  needs: ['endpoints'],
  texts: {
    'no-endpoints': `The webhook {hook} has nobody behind it: its Service {service} has no ready Pod, ${STOPPED}.`,
    'no-service': `The webhook {hook} points to the Service {service}, which is not there, ${STOPPED}.`,
    certificate: `The API server does not trust the certificate of the webhook {hook} ({service}), ${STOPPED}.`,
    refused: `The webhook {hook} refuses connections ({service}), ${STOPPED}.`,
    timeout: `The webhook {hook} does not answer in time ({service}), ${STOPPED}.`,
    other: `The webhook {hook} could not be asked ({service}), ${STOPPED}.`,
    word: WORD,
    endpoints: 'Behind {service}: {ready} of {total} {total:address|addresses} ready.',
    pods: 'Mend the Pods behind the webhook’s Service first; everything that it judges waits for them.',
    renew: 'Renew its certificate, and the caBundle in its configuration with it.',
    path: 'Look at the way from the API server to the webhook: its Pods, network policies, and where the API server has no route to Pods.',
    lift: 'If it is not needed any more, delete its configuration. failurePolicy Ignore lets everything past it meanwhile: decide that on purpose.',
    restart: 'A restart of the workload: its new Pods would be refused as well.',
  },
  read,
  beside,
  advice: ({ text, data }) => {
    const look = {
      text: text === 'certificate' ? ('renew' as const) : text === 'timeout' ? ('path' as const) : ('pods' as const),
      data: {},
      ...(data['namespace'] === undefined
        ? {}
        : { command: `kubectl -n ${String(data['namespace'])} get pods,endpoints` }),
    };
    const find = 'kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations';
    return [look, { text: 'lift', data: {}, command: find }];
  },
  wouldNotHelp: () => [{ text: 'restart', data: {} }],
});

function read({ message }: Refusal): Reading<TextId> | undefined {
  const found = FAILED.exec(message)?.groups;
  if (found === undefined) return undefined;
  const { hook = '', why = '' } = found;
  const { service, home } = SERVICE.exec(why)?.groups ?? {};
  const text = REASONS.find(([, pattern]) => pattern.test(why))?.[0] ?? 'other';
  if (service === undefined || home === undefined) {
    const url = /https?:\/\/([^/"\s?]+)/.exec(why)?.[1];
    return { text, object: { kind: 'Webhook', name: hook }, data: { hook, service: url ?? '?' } };
  }
  const object = namespacedRef('Service', home, service);
  return { text, object, data: { hook, service: `${home}/${service}`, namespace: home } };
}

function beside(facts: Facts, { object, data }: Reading<TextId>): Beside<TextId> {
  if (object.kind !== 'Service') return { proofs: [] };
  const endpoints = facts.get('endpoints', object);
  if (!endpoints.known) return { proofs: [] };
  const all = endpoints.value.endpoints;
  const ready = all.filter((endpoint) => endpoint.ready).length;
  return { proofs: [proof(endpoints, 'endpoints', { service: data['service'] ?? '?', ready, total: all.length })] };
}
