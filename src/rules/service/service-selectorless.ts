/** Cause: a Service without a selector, for which nobody made endpoints (N07). */
import { proof } from '../../core/facts.ts';
import { defineRule } from '../../core/rule.ts';
import { sameObjectLink } from '../links.ts';
import { serviceTarget, targetEndpoints } from '../model/target.ts';
import { serviceName } from './failing.ts';

export const serviceSelectorless = defineRule({
  id: 'service-selectorless',
  role: 'cause',
  severity: 'critical',
  summary: 'a Service without a selector and without endpoints',
  needs: ['services', 'endpoints'],
  texts: {
    found: '{service} has no selector, so Kubernetes makes no endpoints for it. Nobody else made any either.',
    make: 'Give the Service a selector, or make an EndpointSlice with the label kubernetes.io/service-name: {name}.',
    spec: 'Service {service}: spec.selector is empty.',
    none: '{count} {source} objects with addresses belong to {service}.',
  },
  explains: { 'service-no-ready-endpoints': { ...sameObjectLink, proves: true } },
  judge(facts, say) {
    const { service, ref } = serviceTarget(facts);
    const services = facts.get('services');
    const endpoints = targetEndpoints(facts);
    if (service === undefined || ref === undefined || !services.known || !endpoints.known) return;
    if (
      service.type === 'ExternalName' ||
      Object.keys(service.selector ?? {}).length > 0 ||
      endpoints.value.endpoints.length > 0
    )
      return;
    const name = serviceName(service);
    say.find({
      object: ref,
      confidence: 'confirmed',
      text: 'found',
      data: { service: name },
      because: [
        proof(
          services,
          'spec',
          { service: name },
          `kubectl get service -n ${service.namespace} ${service.name} -o yaml`,
        ),
        proof(endpoints, 'none', { count: 0, source: endpoints.value.source, service: name }),
      ],
      scope: {},
      advice: [{ text: 'make', data: { name: service.name } }],
    });
  },
});
