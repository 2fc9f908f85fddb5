/** Sentences of set-node-port-addresses. */
import { KUBE_PROXY_TEXTS } from './kube-proxy.ts';
import { OWNER_TEXTS } from './owner-texts.ts';

export const NODE_PORT_TEXTS = {
  ...KUBE_PROXY_TEXTS,
  ...OWNER_TEXTS,
  title: 'Serve NodePorts on {address} too',
  patch: 'ConfigMap kube-system/kube-proxy: nodePortAddresses from {old} to {list}. Nothing else of it changes.',
  back: 'ConfigMap kube-system/kube-proxy: nodePortAddresses back to {old}.',
  restart: 'Restart kube-proxy on every node, so that it reads its configuration.',
  wait: 'Wait until kube-proxy has restarted.',
  'blast-restart':
    'kube-proxy restarts on {count} {count:node|nodes}, at most {max} at a time: {nodes}. Connections that stand go on.',
  'blast-stuck': 'On {nodes} no kubelet answers: kube-proxy there keeps its old configuration until kubelet is back.',
  'blast-new': 'Services that change meanwhile are taken up on a node when its kube-proxy is back, after 10 to 30 s.',
  'blast-time': 'About {seconds} s in all.',
  'note-security':
    'Every NodePort of the cluster, not only this one, is then served on every node’s addresses within {list}. Whoever reaches those addresses reaches them.',
  'note-kubeadm': 'kubeadm writes this ConfigMap anew at an upgrade: change its configuration too.',
  'before-config': 'ConfigMap kube-system/kube-proxy is still as it was read for this plan.',
  'after-port': '{address} {address:serves|serve} the NodePort.',
  'no-address': 'It is not known which address has to be served.',
  'config-gone': 'There is no ConfigMap kube-system/kube-proxy: this kube-proxy has its configuration from elsewhere.',
  'config-unread': 'ConfigMap kube-system/kube-proxy could not be read: {reason}.',
  'odd-config':
    'config.conf in ConfigMap kube-system/kube-proxy has not the form that kubewhy edits. Change nodePortAddresses by hand.',
  same: '{address} {address:lies|lie} in nodePortAddresses already ({list}). A kube-proxy that was not restarted since does not know it.',
  'lan-unknown':
    'Without a list kube-proxy serves each node’s own address, and a list has to hold them all. The networks of {nodes} were not seen.',
  'nodes-unknown': 'Not all nodes of the cluster are known, so nobody can tell which addresses a list has to hold.',
  'on-delete': 'The Pods of kube-proxy restart only when they are deleted (updateStrategy OnDelete). Do it by hand.',
  'too-slow':
    'kube-proxy would restart on {count} nodes for about {minutes} minutes: longer than kubewhy watches one change. Do it by hand.',
} as const;
