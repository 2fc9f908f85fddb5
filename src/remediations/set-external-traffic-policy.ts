/** Lets every node answer for a Service: externalTrafficPolicy from Local to Cluster (facts §6 R06). */
import { z } from 'zod';
import { stateOf } from '../core/object-state.ts';
import { type ApiStep, defineRemediation } from '../core/remediation.ts';
import { COMMON_TEXTS, expectOf, opened, refOf, targetOf, wantObject, wrongKind } from './application-parts.ts';
import { rightsOf } from './draft.ts';
import { linesOf, refused } from './lines.ts';
import { ownerNotes, refusedByOwner } from './owner-texts.ts';

const TEXTS = {
  ...COMMON_TEXTS,
  title: 'Let every node answer for Service {service}: externalTrafficPolicy Cluster',
  step: 'Service {service}: externalTrafficPolicy from Local to Cluster.',
  back: 'Service {service}: externalTrafficPolicy back to Local.',
  blast:
    'All clients of Service {service} from outside the cluster. From then on its Pods see the address of a node, not of the client.',
  'client-ip': 'Logs, limits and allow lists that go by the address of the client no longer work for this Service.',
  'health-port': 'The health check port {port} of the load balancer goes away; its checks change.',
  'health-back': 'Undo asks for health check port {port} again. If somebody else has it by then, undo is refused.',
  before: 'Service {service} has externalTrafficPolicy Local now.',
  after: 'Every node is asked again whether the Service answers.',
  policy: 'Only the policy Cluster lets every node answer; {policy} was asked for.',
  'not-local': 'externalTrafficPolicy of Service {service} is not Local any more.',
  'wrong-type': 'Service {service} is of type {type}: it has no externalTrafficPolicy.',
} as const;
const say = linesOf(TEXTS);

const Service = z.looseObject({
  spec: z.looseObject({
    type: z.string().default('ClusterIP'),
    externalTrafficPolicy: z.string().optional(),
    healthCheckNodePort: z.number().optional(),
  }),
});

export const setExternalTrafficPolicy = defineRemediation({
  id: 'set-external-traffic-policy',
  summary: 'Let every node answer for a Service (externalTrafficPolicy Cluster)',
  fixes: ['external-traffic-policy-local'],
  texts: TEXTS,
  rights: [
    { verb: 'get', group: '', resource: 'services' },
    { verb: 'patch', group: '', resource: 'services' },
  ],
  wants: ({ finding }) => wantObject(targetOf(finding.object, ['Service'])),
  plan(input) {
    const { finding } = input;
    const target = targetOf(finding.object, ['Service']);
    if (target === undefined) return wrongKind(finding.object);
    const policy = input.params['policy'] ?? 'Cluster';
    if (policy !== 'Cluster') return refused(say('policy', { policy: String(policy).slice(0, 60) }));
    const found = opened(input, target, Service);
    if (found.refused !== undefined) return found.refused;
    const { type, externalTrafficPolicy, healthCheckNodePort: health } = found.value.spec;
    const data = { service: `${target.namespace ?? ''}/${target.name}`, type };
    if (type !== 'NodePort' && type !== 'LoadBalancer') return refused(say('wrong-type', data));
    if (externalTrafficPolicy !== 'Local') return refused(say('not-local', data));
    const kept = refusedByOwner(found.object, { spec: { externalTrafficPolicy: 'Cluster' } });
    if (kept !== undefined) return kept;
    const before = stateOf(found.object);
    const step = (spec: Readonly<Record<string, unknown>>, text: 'step' | 'back'): ApiStep => ({
      type: 'api',
      verb: 'patch',
      target,
      patch: 'merge',
      body: { spec },
      before,
      says: say(text, data),
    });
    const steps = [step({ externalTrafficPolicy: 'Cluster' }, 'step')];
    // The server gives the port away with the policy. Without asking for it by number the undo would get another one.
    const port = health === undefined || health === 0 ? {} : { healthCheckNodePort: health };
    const balanced = 'healthCheckNodePort' in port;
    return {
      status: 'draft',
      draft: {
        remediation: 'set-external-traffic-policy',
        params: { policy },
        object: refOf(found.object),
        title: say('title', data),
        steps,
        undo: [step({ externalTrafficPolicy: 'Local', ...port }, 'back')],
        nodes: [],
        blast: [say('blast', data), ...(balanced ? [say('health-port', { port: health ?? 0 })] : [])],
        checksBefore: [say('before', data)],
        checksAfter: [say('after')],
        notes: [
          say('client-ip'),
          ...(balanced ? [say('health-back', { port: health ?? 0 })] : []),
          ...ownerNotes(found.object),
        ],
        rights: rightsOf(steps),
        expect: expectOf(input, [], 120),
      },
    };
  },
});
