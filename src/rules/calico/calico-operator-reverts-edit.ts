/** Cause: calico-node was edited by hand under the operator, which sets it back to what the Installation says (facts §2.5). */
import { proof } from '../../core/facts.ts';
import { defineRule } from '../../core/rule.ts';

export const calicoOperatorRevertsEdit = defineRule({
  id: 'calico-operator-reverts-edit',
  role: 'cause',
  severity: 'warning',
  summary: 'an edit of calico-node that the operator reverts',
  needs: ['calico-install'],
  texts: {
    found:
      'calico-node says IP_AUTODETECTION_METHOD={actual}, the Installation says {wanted}. The operator sets the DaemonSet back: change the Installation.',
    ignored:
      'calico-node says IP_AUTODETECTION_METHOD={actual}, the Installation says {wanted}. The DaemonSet is marked to be ignored by the operator, so nobody keeps it right.',
    env: 'DaemonSet calico-node: IP_AUTODETECTION_METHOD is {actual}.',
    spec: 'Installation default: nodeAddressAutodetectionV4 means {wanted}.',
  },
  judge(facts, say) {
    const install = facts.get('calico-install');
    if (!install.known || install.value.kind !== 'operator') return;
    const { env, operatorMethod, ignoreAnnotation } = install.value;
    const actual = env['IP_AUTODETECTION_METHOD'];
    if (actual === undefined || operatorMethod === undefined || actual === operatorMethod) return;
    const data = { actual, wanted: operatorMethod };
    say.find({
      object: { kind: 'Installation', name: 'default' },
      confidence: 'confirmed',
      text: ignoreAnnotation === true ? 'ignored' : 'found',
      data,
      because: [
        proof(
          install,
          'env',
          data,
          `kubectl get daemonset -n ${install.value.namespace ?? 'calico-system'} calico-node -o yaml`,
        ),
        proof(install, 'spec', data, 'kubectl get installation default -o yaml'),
      ],
      scope: {},
    });
  },
});
