/** English sentences of calico-node-ip-mismatch. */
export const IP_MISMATCH_TEXTS = {
  found:
    'Calico on {node} took {wrong} instead of the node address {right}. Other nodes cannot reach it there, so BGP with them never came up.',
  'found-some':
    'Calico on {node} took {wrong} instead of the node address {right}. {peers} cannot reach it there; only {fine} can, over the network of that address.',
  'found-session':
    'Calico on {node} took {wrong} instead of the node address {right}, unlike other nodes, and BGP with {peers} is not established.',
  'found-tunnel':
    'Calico on {node} took {wrong} instead of the node address {right}. {peers} cannot reach it there, so packets in a tunnel to it are lost.',
  'found-filtered':
    'Calico on {node} took {wrong} instead of the node address {right}. BGP is up, yet Pods on {peers} do not answer: Calico there drops tunnel packets that come from an address it does not know.',
  'found-unproven':
    'Calico on {node} took {wrong} instead of the node address {right}, unlike other nodes. Whether they reach it there was not seen.',
  'found-silent':
    'Calico on {node} took {wrong} instead of the node address {right}. The node is silent now; this will matter once it is back.',
  'found-fine':
    'Calico on {node} uses {wrong} and not the node address {right}. {fine} reach it there all the same: no fault as it stands.',
  leftover: 'No NIC of {node} has {wrong}: the address is a leftover of an earlier start.',
  annotation: 'Node {node}: projectcalico.org/IPv4Address is {wrong}, its InternalIP is {right}.',
  others: 'On {nodes} the two are the same.',
  nic: '{wrong} is on {nic} of {node}, the node address on {rightNic}. {nic} has the higher index ({index} against {rightIndex}), and first-found starts at the highest.',
  'nic-only': '{wrong} is on {nic} of {node}, the node address on {rightNic}.',
  log: 'calico-node on {node} logged: {line}',
  unreachable:
    'From {peer} a packet for {wrong} leaves by the gateway {gateway} (dev {device}): {peer} has no network with that address.',
  'no-way': '{peer} has no way to {wrong}: {error}.',
  'no-answer': 'From {peer} a connect to {wrong}:{port} ends in {result}.',
  session: 'BIRD on {peer}: session with {wrong} is {info}. {error}',
  passive:
    'BIRD on {node}: its sessions are Passive. It waits for the others to dial {wrong}, and they cannot. The dialling side shows the error.',
  readiness: 'calico-node on {peer}, {count} times: BGP not established with {wrong}.',
  'use-kubernetes-internal-ip':
    'Set IP_AUTODETECTION_METHOD to kubernetes-internal-ip: every node then takes its InternalIP. Calico {version} has it.',
  'use-cidr':
    'Set IP_AUTODETECTION_METHOD to {method}: on every node only the node address lies in it. Calico {version} has it.',
  'use-can-reach':
    'Set IP_AUTODETECTION_METHOD to {method}: it takes the address that the way to the gateway starts from. Calico {version} has it, and no node holds {target} itself.',
  'use-interface': 'Set IP_AUTODETECTION_METHOD to {method}: on every node the node address is on that NIC.',
  'use-unknown':
    'Choose an autodetection method that gives every node its InternalIP. What is known of the NICs does not decide it.',
  'operator-owns': 'The operator owns calico-node here. Change the Installation; an edit of the DaemonSet is reverted.',
  'keep-autodetect': 'IP must be "autodetect": with IP unset, a node that already has an address keeps it.',
  'avoid-newer': 'Not cidr= or kubernetes-internal-ip: Calico {version} does not know them and would not start.',
  'avoid-cidr': 'Not cidr=: on {node} the address {vip} lies in the same network and could be taken instead.',
  'avoid-vip': 'Not can-reach={vip}: {node} holds that address itself, and Calico would take it.',
  'avoid-interface': 'Not interface={prefix}.*: it matches {nic} as well.',
  unseen: 'Nobody could see the NICs of {nodes}. Check there what the method would take, before it is set.',
  'blast-radius':
    'What it does: calico-node restarts on every node. Pods of it that are not ready are replaced all at once, the others one by one. Traffic goes on meanwhile; new Pods wait.',
  undo: 'To take it back: set IP_AUTODETECTION_METHOD to {old} again.',
  verify:
    'Afterwards check, in this order: the annotation equals InternalIP on every node; both ends Established; a route to each remote block; node to Pod; the NodePort on every node; calico-node Ready.',
  'no-reapply':
    'Applying the Calico manifest again: it changes no input. The NICs and the method stay, so the choice stays.',
  'no-upgrade':
    'Upgrading Calico: later versions look for the address in the same order (first-found, highest NIC index first).',
  'no-delete-node': 'Deleting {nodes}: that is not where the packets go.',
  'no-restart': 'Restarting calico-node or the node: it would choose the same address again.',
} as const;

export type IpMismatchText = keyof typeof IP_MISMATCH_TEXTS;
