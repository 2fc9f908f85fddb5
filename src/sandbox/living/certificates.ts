/** The signer of the controller manager: an approved request of a kubelet gets its certificate, a denied one never does. */
import { items, text } from '../cluster/api/json.ts';
import type { KubeObject } from '../cluster/api/types.ts';
import type { Life } from './life.ts';

const SIGN_SECONDS = 1;
/** kube-controller-manager signs for these; kubelet-serving too, once somebody has approved. */
const SIGNERS = ['kubernetes.io/kubelet-serving', 'kubernetes.io/kube-apiserver-client-kubelet'];

/** Signs a request a little later, if it is approved by then. */
export function signLater(life: Life, request: KubeObject): void {
  const { apiVersion, kind, metadata } = request;
  life.timers.once(`sign ${metadata.name}`, SIGN_SECONDS, () => {
    const live = life.store.get({ apiVersion, kind, name: metadata.name });
    if (live === undefined || text(live, 'status', 'certificate') !== '') return;
    const conditions = items(live, 'status', 'conditions').map((condition) => text(condition, 'type'));
    if (!conditions.includes('Approved') || conditions.includes('Denied')) return;
    if (!SIGNERS.includes(text(live, 'spec', 'signerName'))) return;
    const pem = `-----BEGIN CERTIFICATE-----\n${metadata.name}\n-----END CERTIFICATE-----\n`;
    const certificate = Buffer.from(pem).toString('base64');
    life.store.put({ ...live, status: { ...(live['status'] as object), certificate } });
  });
}
