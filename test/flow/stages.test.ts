/** The four stages through the front door: a slash command in, and in its thread everything that the incident's engineers found. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SceneResult } from '../../src/sandbox/demo/scene.ts';
import { STAGE_NUMBERS, type StageNumber } from '../../src/sandbox/incidents/nodeport-30080/index.ts';
import { type Incident, linesOf, sectionsOf, startIncident } from '../support/incident.ts';

let incident: Incident;
const scenes = new Map<StageNumber, SceneResult>();

beforeAll(async () => {
  incident = await startIncident();
  for (const stage of STAGE_NUMBERS) {
    const { question } = await incident.load(stage);
    scenes.set(stage, await incident.ask(question.join(' ')));
  }
}, 180_000);
afterAll(() => incident?.close());

function scene(stage: StageNumber): SceneResult {
  const found = scenes.get(stage);
  if (found === undefined) throw new Error(`Stage ${stage} was not played.`);
  return found;
}

function section(stage: StageNumber, heading: RegExp): string {
  const all = sectionsOf(scene(stage).thread);
  const found = [...all].filter(([name]) => heading.test(name));
  if (found.length === 0) throw new Error(`Stage ${stage} has no section ${heading}: ${[...all.keys()].join(', ')}`);
  return found.map(([, text]) => text).join('\n');
}

function root(stage: StageNumber): string {
  return linesOf(scene(stage).root).join('\n');
}

/** All of them are there, in this order. */
function inOrder(text: string, wanted: readonly RegExp[]): void {
  let from = 0;
  for (const pattern of wanted) {
    const at = text.slice(from).search(pattern);
    expect(at, `${pattern} after:\n${text.slice(0, from)}\nin:\n${text.slice(from)}`).toBeGreaterThanOrEqual(0);
    from += at + 1;
  }
}

describe('stage 1, the outage as it was found', () => {
  test('the root message has the symptom, the cause and both addresses', () => {
    expect(root(1)).toMatch(
      /Cause found · 30080\/TCP \(ci\/jenkins-svc\) does not answer on k8smater1 \(172\.17\.73\.66\)/,
    );
    expect(root(1)).toMatch(/Calico on k8smater1 took 10\.0\.0\.66 instead of the node address 172\.17\.73\.66/);
  });

  test.each([
    ['where it works', /172\.17\.73\.65:30080\s+✓ open from k8smater1\s+● yes/],
    ['where it does not', /172\.17\.73\.66:30080\s+✗ times out from k8smaster2\s+no/],
  ])('the table of ways: %s', (_, row) => expect(section(1, /^Which way/)).toMatch(row));

  test('the cause is confirmed, of k8smater1, and since the restart', () => {
    expect(section(1, /^Cause/)).toMatch(
      /confirmed · critical · calico-node-ip-mismatch · Node\/k8smater1 · since \d{4}-\d\d-\d\d \d\d:\d\dZ/,
    );
  });

  test('its chain, link by link, each with its proof and the command that shows the same', () => {
    inOrder(section(1, /^Cause/), [
      /projectcalico\.org\/IPv4Address is 10\.0\.0\.66\/24, its InternalIP is 172\.17\.73\.66/,
      /kubectl get node k8smater1 -o jsonpath/,
      /10\.0\.0\.66\/24 is on ens19 .* ens18\. .*higher index/,
      /ip -br address +# on k8smater1/,
      /From k8smaster2 a packet for 10\.0\.0\.66 leaves by the gateway 172\.17\.72\.1/,
      /ip route get 10\.0\.0\.66 +# on k8smaster2/,
      /From k8smaster2 a connect to 10\.0\.0\.66:179 ends in timeout/,
      /Passive\. It waits for the others to dial/,
      /→ BGP on k8smaster2 is not established with 10\.0\.0\.66/,
      /birdcl show protocols all Mesh_10_0_0_66/,
      /→ BGP on k8smater1 is not established with 172\.17\.73\.65/,
      /Passive\)\. That is no error: the other end dials/,
      /→ k8smater1 has no route to the Pods on k8smaster2\. .* leave by the default route through ens18/,
      /ip route show table all +# on k8smater1/,
      /ip route get 10\.109\.209\.196 +# on k8smater1/,
      /→ k8smater1 cannot reach Pods on k8smaster2: a connect to 10\.109\.209\.196:8080 ends in timeout/,
      /nc -vz -w 2 10\.109\.209\.196 8080 +# on k8smater1/,
      /The same connect from k8smaster2, where the Pod runs: open/,
      /→ 30080\/TCP \(ci\/jenkins-svc\) does not answer on k8smater1 \(172\.17\.73\.66\)\. It answers on k8smaster2 \(172\.17\.73\.65\)/,
      /nc -vz -w 2 172\.17\.73\.66 30080 +# on k8smaster2/,
    ]);
  });

  test.each<[string, RegExp, RegExp]>([
    [
      'kube-proxy on k8smater1',
      /kube-proxy on k8smater1 .*rule for 30080 is present and right/,
      /ipvsadm -Ln -t 172\.17\.73\.66:30080/,
    ],
    [
      'a listening socket, which proves nothing',
      /also listens on 30080\. That alone would prove nothing/,
      /ss -ltn 'sport = :30080'/,
    ],
    ['the Service', /selector of ci\/jenkins-svc .*is right/, /kubectl -n ci get pods -o wide -l 'k8s-app=jenkins'/],
    [
      'the endpoints',
      /ci\/jenkins-svc has 1 ready endpoint: 10\.109\.209\.196:8080/,
      /kubectl -n ci get endpoints jenkins-svc/,
    ],
    ['the application', /application behind ci\/jenkins-svc listens and answers/, /nc -vz -w 2 10\.109\.209\.196 8080/],
    ['externalTrafficPolicy', /externalTrafficPolicy of ci\/jenkins-svc is Cluster/, /spec\.externalTrafficPolicy/],
    [
      'etcd',
      /etcd.*time-out.*(came and went|now and then|intermittent)/,
      /kubectl -n kube-system logs calico-kube-controllers/,
    ],
    ['k8scephnode', /k8scephnode is NotReady, but not on this way/, /kubectl get nodes -o wide/],
  ])('ruled out, with proof and command: %s', (_, sentence, command) => {
    const text = section(1, /^Ruled out/);
    inOrder(text, [sentence, command]);
  });

  test.each<[string, RegExp]>([
    ['k8scephnode NotReady', /k8scephnode is NotReady: its kubelet has been silent since/],
    [
      'the same wrong address there',
      /Calico on k8scephnode took 10\.0\.0\.63 instead of the node address 172\.17\.73\.60/,
    ],
    ['30082 without endpoint', /ci2\/jenkins-svc \(NodePort 30082\) has no ready endpoint .*follows from pod-pending/],
    ['its Pod, which is Pending', /waits for a node: jenkins-768d45bcb9-bhcmq/],
    ['etcd of two', /etcd has two members \(etcd-k8smaster2, etcd-k8smater1\)/],
    ['etcd late', /etcd answer(ed|s) too late/],
    ['ranges that overlap', /\(10\.96\.0\.0\/12\) overlaps the range of Services \(10\.96\.0\.0\/12\)/],
    ['statuses that are stale', /Pods on k8scephnode still show what the node said before it fell silent/],
  ])('also found: %s', (_, sentence) => expect(section(1, /^Also found/)).toMatch(sentence));

  test.each<[string, RegExp]>([
    ['deleting the node', /Deleting k8scephnode: /],
    ['re-applying the manifest', /Applying the Calico manifest again: it changes no input/],
    ['upgrading Calico', /Upgrading Calico: later versions .*same order/],
  ])('would not help: %s', (_, sentence) => inOrder(section(1, /^Fix/), [/Would not help/, sentence]));

  test('the fix names the method for this version, why not the tempting ones, and how to verify', () => {
    inOrder(section(1, /^Fix/), [
      /IP_AUTODETECTION_METHOD to can-reach=172\.17\.72\.1/,
      /Calico 3\.9\.5 has it/,
      /Not cidr= or kubernetes-internal-ip: Calico 3\.9\.5 does not know them/,
      /Not can-reach=172\.17\.73\.63/,
      /Not interface=/,
      /Afterwards check, in this order: the annotation equals InternalIP/,
    ]);
  });

  test('not seen: the inside of k8scephnode, what it could have changed, and one command', () => {
    const text = section(1, /^Not seen/);
    inOrder(text, [
      /Nothing from inside Node\/k8scephnode/,
      /It could have shown/,
      /systemctl status kubelet +# on k8scephnode/,
    ]);
    expect(text.match(/To see it, run:/g)).toHaveLength(1);
  });
});

describe('stage 2, with an agent on the sick node', () => {
  test('the verdict is swap, from the fatal line among the noise', () => {
    expect(root(2)).toMatch(/Swap is on at k8scephnode \(\/dev\/sda3\)/);
    inOrder(section(2, /^Cause/), [
      /confirmed · critical · kubelet-swap-on · Node\/k8scephnode/,
      /F\d{4} .*running with swap on is not supported, please disable swap!/,
      /journalctl -u kubelet .*# on k8scephnode/,
    ]);
  });
  test('what turns swap on again although fstab is commented', () => {
    const text = section(2, /^Cause/);
    inOrder(text, [/generator.* swap .*at boot, whatever \/etc\/fstab says/, /lsblk -o NAME,PARTTYPE,FSTYPE/]);
    expect(text).toMatch(/\/etc\/fstab does not do it: its line for swap is commented out/);
    inOrder(section(2, /^Fix/), [
      /swapoff \/dev\/sda3/,
      /systemctl mask --now 'dev-sda3\.swap'/,
      /Editing \/etc\/fstab again/,
    ]);
  });
  test('nothing is left unseen', () => {
    expect([...sectionsOf(scene(2).thread).keys()].filter((name) => name.startsWith('Not seen'))).toEqual([]);
  });
});

describe('stage 3, after Calico was re-applied and upgraded', () => {
  test('the same cause as in stage 1', () => {
    expect(root(3)).toMatch(/Calico on k8smater1 took 10\.0\.0\.66 instead of the node address 172\.17\.73\.66/);
    expect(scene(3).judged.causes.map(({ rule, object }) => [rule, object.name])).toEqual(
      scene(1).judged.causes.map(({ rule, object }) => [rule, object.name]),
    );
    inOrder(section(3, /^Cause/), [
      /confirmed/,
      /projectcalico\.org\/IPv4Address is 10\.0\.0\.66\/24/,
      /calico-node is not ready on k8smaster2, k8smater1/,
    ]);
  });
  test('why neither attempt could work, with the version that runs now', () => {
    inOrder(section(3, /^Fix/), [
      /Calico 3\.14\.0 has it/,
      /Would not help/,
      /Applying the Calico manifest again: it changes no input\. The NICs and the method stay/,
      /Upgrading Calico: later versions look for the address in the same order/,
    ]);
  });
});

describe('stage 4, after the repair', () => {
  test('no fault, proven from both nodes', () => {
    expect(scene(4).judged.verdict).toBe('no-fault-found');
    expect(root(4)).toMatch(/No fault found on the way to NodePort 30080 \(ci\/jenkins-svc\): 2 of 2 ways are open/);
    const ways = section(4, /^Which way/);
    expect(ways).toMatch(/172\.17\.73\.65:30080\s+✓ open from k8smater1/);
    expect(ways).toMatch(/172\.17\.73\.66:30080\s+✓ open from k8smaster2/);
  });
  test('no complaint about what is normal', () => {
    const text = section(4, /^Also found/);
    expect(text).not.toMatch(/calico-node|BGP|NotReady|k8scephnode|10\.0\.0\.66|Calico on/);
    expect([...sectionsOf(scene(4).thread).keys()].filter((name) => /^(Cause|Fix|Not seen)/.test(name))).toEqual([]);
  });
});

describe('all of it, as Slack saw it', () => {
  test('every question was acknowledged within 3 s, and every verdict is the one shown', () => {
    for (const [stage, { ackMs, shown }] of scenes) {
      expect(ackMs, `stage ${stage}`).toBeLessThan(3000);
      expect(shown, `stage ${stage}`).toBe(true);
    }
  });
  test('no invariant is violated, and no 429 was provoked', () => {
    const { slack } = incident.platform;
    expect(slack.ledger.filter((entry) => entry.status === 429 || entry.error === 'ratelimited')).toEqual([]);
    expect(slack.checkInvariants()).toEqual([]);
  });
  test('one root message a question, each with one evidence file', () => {
    const { slack } = incident.platform;
    expect(slack.messages(incident.channel).filter((message) => message.own)).toHaveLength(scenes.size);
    for (const { thread } of scenes.values()) {
      expect(thread.filter((message) => message.files.length > 0)).toHaveLength(1);
    }
    expect(slack.files()).toHaveLength(scenes.size);
  });
});
