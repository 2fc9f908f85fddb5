/** The signer of the controller manager: an approved request of a kubelet gets its certificate, a denied one never does. */

import { readCertificateRequest } from '../../core/pkcs10.ts';
import { items, text } from '../cluster/api/json.ts';
import type { KubeObject } from '../cluster/api/types.ts';
import { hostChanged } from './kubelet.ts';
import { editNode, type Life, nodeNamed } from './life.ts';

const SIGN_SECONDS = 1;
const CLIENT = 'kubernetes.io/kube-apiserver-client-kubelet';
/** kube-controller-manager signs for these; kubelet-serving too, once somebody has approved. */
const SIGNERS = ['kubernetes.io/kubelet-serving', CLIENT];

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
    if (text(live, 'spec', 'signerName') === CLIENT) takeCertificate(life, text(live, 'spec', 'request'));
  });
}

/** The kubelet whose request it was fetches its certificate, and stays up at its next start. */
function takeCertificate(life: Life, request: string): void {
  for (const name of readCertificateRequest(request)?.commonNames ?? []) {
    const node = nodeNamed(life, name.replace(/^system:node:/, ''));
    if (node?.faults.certificateExpired !== true) continue;
    const { certificateExpired: _gone, ...faults } = node.faults;
    editNode(life, node.name, (one) => ({ ...one, faults }));
    hostChanged(life, node.name);
  }
}
