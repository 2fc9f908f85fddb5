/** Symptom: calico-kube-controllers cannot read the API server now and then. It is a victim: the data path does not need it. */
import { proof } from '../../core/facts.ts';
import { namespacedRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { podsOf } from '../model/pods.ts';

export const calicoDatastoreSlow = defineRule({
  id: 'calico-datastore-slow',
  role: 'symptom',
  severity: 'info',
  summary: 'calico-kube-controllers waiting for the API server',
  needs: ['pods', 'events'],
  texts: {
    found:
      'calico-kube-controllers could not read the API server {count} times, last at {last}. Pods keep forwarding without it: look at the API server and etcd.',
    event: '{count} times: {message}',
  },
  judge(facts, say) {
    for (const { pod, events } of podsOf(facts, (p) => p.labels['k8s-app'] === 'calico-kube-controllers')) {
      const event = events?.value.find((e) => /Error (verifying datastore|reaching apiserver)/i.test(e.message));
      const last = event?.lastTime ?? event?.firstTime;
      if (events === undefined || event === undefined || last === undefined) continue;
      const data = { count: event.count, last, message: event.message.slice(0, 200) };
      say.find({
        object: namespacedRef('Deployment', pod.namespace, 'calico-kube-controllers'),
        confidence: 'confirmed',
        text: 'found',
        data,
        because: [proof(events, 'event', data, `kubectl describe pod -n ${pod.namespace} ${pod.name}`)],
        scope: {},
        ...(event.firstTime === undefined ? {} : { since: event.firstTime }),
      });
    }
  },
});
