/** Sentences of set-calico-ip-autodetection. */
import { OWNER_TEXTS } from './owner-texts.ts';

/** Why no method can be set. */
export const METHOD_TEXTS = {
  'nodes-unknown': 'Not all nodes of the cluster are known, so nobody can tell what a new method would choose on them.',
  'no-internal-ip': 'No IPv4 InternalIP is known of {nodes}: there is nothing that Calico should choose there.',
  unseen:
    'No agent answers on {nodes}, and Calico {version} does not publish a node’s NICs, so nobody can know what {method} would choose there.',
  'unseen-published':
    'No agent answers on {nodes}, and the annotation projectcalico.org/Interfaces is not there either, so nobody can know what {method} would choose there.',
  sampled:
    'Only {asked} of {total} nodes were asked, so nobody can know what {method} would choose on the others. Every node has to be looked at.',
  'not-looked':
    'The NICs of {nodes} were not looked at for this question. Ask "diagnose calico" and propose the fix from there.',
  'no-method':
    'No method of Calico {version} is known that gives every node its InternalIP: the nodes share neither a network without other addresses, nor a gateway, nor a NIC’s name.',
  'wrong-pick': '{method} would choose {address} on {node}, and its InternalIP is {internal}.',
  'finds-none': '{method} would find no address on a NIC of {node}; its InternalIP is {internal}.',
  uncertain: 'What {method} would choose on {node} cannot be told from what was seen of its NICs, routes and rules.',
} as const;

/** Sentences of the plan, and of its other refusals. */
export const CALICO_TEXTS = {
  ...METHOD_TEXTS,
  ...OWNER_TEXTS,
  title: 'Calico: choose each node’s address by {method}.',
  'title-heed': 'Calico: make it heed {method}.',
  patch: 'Set IP_AUTODETECTION_METHOD={method} in DaemonSet {daemonset}.',
  'patch-ip': 'Set IP=autodetect and IP_AUTODETECTION_METHOD={method} in DaemonSet {daemonset}.',
  'patch-installation': 'Set nodeAddressAutodetectionV4 of Installation default to what means {method}.',
  push: 'Delete calico-node Pod {pod} on {node}, so that it restarts with its new address now.',
  'undo-patch': 'Put back what was there: {old}.',
  wait: 'Wait until calico-node has restarted.',
  'blast-restart': 'calico-node restarts on {count} {count:node|nodes}: {nodes}.',
  'blast-at-once':
    'On {nodes} it is not ready now. Such Pods are all replaced at once, whatever maxUnavailable says ({max}).',
  'blast-serial': 'On {nodes} it is ready: there it restarts with at most {max} away at a time.',
  'blast-push':
    'The roll-out would stand still: {waiting} alone has the right address first, finds nobody to speak BGP with, and is never ready. So the Pod on {node} is replaced at the same time.',
  'blast-stuck':
    'On {nodes} no kubelet answers: the Pod there stays in Terminating and is not replaced until kubelet is back.',
  'blast-address':
    'Calico’s address of {node} changes from {old} to {new}. Its BGP sessions and tunnels are made anew.',
  'blast-traffic':
    'Pods that run keep their traffic meanwhile: routes stay, and BGP restarts gracefully for up to 120 s. New Pods on a node wait until its calico-node is back.',
  'blast-time': 'About {seconds} s in all.',
  'before-object': '{object} is still as it was read for this plan.',
  'before-picks': '{method} gives each node its InternalIP, worked out for Calico {version} on its NICs: {picks}.',
  'after-address': 'Calico’s address is the InternalIP on {nodes}.',
  'after-sessions': 'BGP sessions and pod routes between these nodes are up.',
  'after-ports': 'The NodePorts {ports} answer on every node.',
  'note-manifest': 'A calico.yaml that is applied again without this setting takes it back: put it there too.',
  'note-silent': 'Calico’s address of {nodes} stays wrong until kubelet runs there again.',
  'note-peers':
    'BGPPeer {peers} names an address that changes. Sessions with it end unless the peer’s own side is changed too.',
  'note-operator': 'The operator takes over the setting within seconds and restarts calico-node itself.',
  'not-known': 'How Calico is installed could not be read, so nobody knows what would have to be changed.',
  'object-gone': '{object} does not exist.',
  'object-unread': '{object} could not be read: {reason}.',
  'pods-unread': 'The Pods of calico-node could not be read, so nobody knows what would restart: {reason}.',
  'version-unknown': 'The version of calico-node cannot be told from its image {image}, so its methods are not known.',
  'node-silent':
    'No kubelet answers on {node}, so its calico-node cannot restart and its address would stay as it is. Bring its kubelet back first.',
  'ip-fixed': 'IP of calico-node is set to {value}: with that Calico does not look for an address at all.',
  'set-elsewhere': '{name} of calico-node comes from elsewhere ({from}). Change it there.',
  already:
    'calico-node is set to {method} already, and by what was seen of the NICs it would choose right. It looks again when it restarts.',
  'on-delete':
    'The Pods of calico-node restart only when they are deleted (updateStrategy OnDelete). Set the method, then delete them one by one.',
  'too-slow':
    'calico-node would restart on {count} nodes one after the other, for about {minutes} minutes: longer than kubewhy watches one change. Do it by hand, or raise maxUnavailable.',
  ignored:
    'DaemonSet {daemonset} carries the annotation unsupported.operator.tigera.io/ignore: the operator does not pass on what the Installation says.',
  'manual-push':
    'If the roll-out stands still because {waiting} finds nobody to speak BGP with, delete the Pod on {node}:',
  'manual-patch': 'To do it by hand:',
} as const;
