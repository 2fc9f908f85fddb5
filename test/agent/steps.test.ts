import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRecordedHost } from '../../src/agent/recorded-host.ts';
import { createRecordedStepHost } from '../../src/agent/recorded-step-host.ts';
import { runStep } from '../../src/agent/run-step.ts';
import { AGENT_STEPS } from '../../src/agent/steps/index.ts';
import { NODE_STEPS, NodeAction, NodeStepResult } from '../../src/core/node-steps.ts';
import { type EffectsServer, features, setUnit, startEffects, told } from './support/effects.ts';
import { grantId } from './support/grants.ts';
import { recording } from './support/recording.ts';

const WAITS = { activeMs: 300, steadyMs: 60, lookMs: 10 };
const SWAP_SHOW = '--property=Id,LoadState,ActiveState,SubState,UnitFileState,FragmentPath,SourcePath,What --no-pager';
const FLAGS = '/var/lib/kubelet/kubeadm-flags.env';
let folder: string;
let node: EffectsServer;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubewhy-steps-'));
  node = await startEffects(recording(), join(folder, 'host.json'));
});
afterEach(async () => {
  await node.close();
  await rm(folder, { recursive: true, force: true });
});

/** Changes the node before the agent looks at it. */
async function given(change: (files: Record<string, string>, commands: typeof node.recording.commands) => void) {
  change(node.recording.files, node.recording.commands);
  await node.save();
}

async function take(step: string, params: object, grant = grantId()): Promise<NodeStepResult> {
  const host = await createRecordedHost(node.file);
  const ground = { host, effects: createRecordedStepHost(host, node.url), waits: WAITS };
  return NodeStepResult.parse(await runStep(ground, NodeAction.parse({ step, params }), grant));
}

test('there is a step for each name of the list, and each knows its name', () => {
  expect(Object.entries(AGENT_STEPS).map(([name, step]) => [name, step.name])).toEqual(
    NODE_STEPS.map((name) => [name, name]),
  );
});

describe('swap-device', () => {
  const off = { device: '/dev/sda3', state: 'off' };
  test('off, then off again, then on again', async () => {
    await given((files) => (files['/proc/meminfo'] = meminfo(10_000)));
    expect(await take('swap-device', off)).toEqual({
      outcome: 'changed',
      says: 'swap on /dev/sda3 is off',
      changes: [{ what: 'swap on /dev/sda3', before: 'on, 0 of 27992060 KiB used', after: 'off' }],
    });
    expect(await take('swap-device', off)).toMatchObject({ outcome: 'already', changes: [] });
    expect(await take('swap-device', { ...off, state: 'on' })).toMatchObject({
      outcome: 'changed',
      changes: [{ before: 'off', after: 'on' }],
    });
    expect(await take('swap-device', { ...off, state: 'on' })).toMatchObject({ outcome: 'already' });
    expect(told(node)).toEqual(['swapoff /dev/sda3', 'swapon /dev/sda3']);
  });

  test.each([
    [800, 'changed'],
    [801, 'refused'],
  ])('%i KiB swapped with 1000 KiB free: %s', async (used, outcome) => {
    await given((files) => {
      files['/proc/swaps'] = `Filename Type Size Used Priority\n/dev/sda3 partition 2000 ${used} -2\n`;
      files['/proc/meminfo'] = meminfo(1000);
    });
    const result = await take('swap-device', off);
    expect(result.outcome).toBe(outcome);
    if (outcome === 'changed') return;
    expect(result.says).toMatch(/holds 801 KiB, and only 1000 KiB of memory are free/);
    expect(node.posted).toEqual([]);
  });

  test('on of a device that is no swap: refused, nothing tried', async () => {
    const result = await take('swap-device', { device: '/dev/sdb9', state: 'on' });
    expect(result).toMatchObject({ outcome: 'refused', says: expect.stringMatching(/no swap device/), changes: [] });
    expect(node.posted).toEqual([]);
  });

  test('swapoff that fails, and one that says it worked and did not', async () => {
    node.instead = () => ({ code: 255, stderr: 'swapoff: /dev/sda3: swapoff failed: Cannot allocate memory\n' });
    expect(await take('swap-device', off)).toEqual({
      outcome: 'failed',
      says: 'swapoff /dev/sda3 ended with code 255: swapoff: /dev/sda3: swapoff failed: Cannot allocate memory',
      changes: [],
    });
    node.instead = () => ({ code: 0 });
    expect(await take('swap-device', off)).toMatchObject({
      outcome: 'failed',
      says: expect.stringMatching(/still in use/),
    });
  });

  test('an effects server that breaks off: failed, not silent', async () => {
    await node.close();
    expect(await take('swap-device', off)).toMatchObject({
      outcome: 'failed',
      says: expect.stringMatching(/effects server .* did not answer/),
    });
  });
});

describe('swap-unit', () => {
  const unit = 'dev-sda3.swap';
  test('masked, masked again, unmasked', async () => {
    expect(await take('swap-unit', { unit, state: 'unmasked' })).toMatchObject({ outcome: 'already' });
    expect(await take('swap-unit', { unit, state: 'masked' })).toEqual({
      outcome: 'changed',
      says: 'dev-sda3.swap is masked',
      changes: [{ what: unit, before: 'loaded', after: 'masked' }],
    });
    expect(await take('swap-unit', { unit, state: 'masked' })).toMatchObject({ outcome: 'already' });
    expect(await take('swap-unit', { unit, state: 'unmasked' })).toMatchObject({
      outcome: 'changed',
      changes: [{ before: 'masked', after: 'generated' }],
    });
    expect(told(node)).toEqual([`systemctl mask ${unit}`, `systemctl unmask ${unit}`]);
  });

  test.each([
    ['a unit that is not there', unit, 'LoadState=not-found\n', /is no unit of this node/],
    [
      'a unit file of the administrator',
      unit,
      `LoadState=loaded\nUnitFileState=enabled\nFragmentPath=/etc/systemd/system/${unit}\n`,
      /which a mask cannot hide/,
    ],
    ['a name that would be an option', '--now.swap', '', /not a command that this agent may run/],
  ])('%s: refused', async (_, name, stdout, sentence) => {
    await given((_files, commands) => (commands[`systemctl show ${name} ${SWAP_SHOW}`] = { stdout }));
    expect(await take('swap-unit', { unit: name, state: 'masked' })).toMatchObject({
      outcome: 'refused',
      says: expect.stringMatching(sentence),
    });
    expect(node.posted).toEqual([]);
  });

  test('a mask that does not hold: failed', async () => {
    node.instead = () => ({ code: 0 });
    expect(await take('swap-unit', { unit, state: 'masked' })).toMatchObject({ outcome: 'failed', changes: [] });
  });
});

describe('fstab-line', () => {
  const line = '/dev/sda3 none swap sw 0 0';
  const root = 'UUID=1 / ext4 defaults 0 1';
  const before = `# file systems\n${root}\n  ${line}\n#${line}\n`;

  test('made a comment with a copy beside the file, and put back to the byte', async () => {
    await given((files) => (files['/etc/fstab'] = before));
    const grant = grantId();
    expect(await take('fstab-line', { line, state: 'commented' }, grant)).toEqual({
      outcome: 'changed',
      says: 'the swap line of /etc/fstab is a comment',
      changes: [{ what: 'a line of /etc/fstab', before: line, after: `#${line}` }],
    });
    expect(node.recording.files['/etc/fstab']).toBe(`# file systems\n${root}\n#  ${line}\n#${line}\n`);
    expect(node.recording.files[`/etc/fstab.kubewhy-${grant}`]).toBe(before);
    expect(told(node)).toEqual([`write /etc/fstab.kubewhy-${grant}`, 'write /etc/fstab', 'systemctl daemon-reload']);
    expect(node.posted[1]).toMatchObject({ mode: 0o644, node: 'k8scephnode' });
    expect(await take('fstab-line', { line, state: 'commented' })).toMatchObject({ outcome: 'already' });
    // The same line was a comment already: only the copy says which of the two was ours.
    expect(await take('fstab-line', { line, state: 'active' })).toMatchObject({ outcome: 'changed' });
    expect(node.recording.files['/etc/fstab']).toBe(before);
    expect(await take('fstab-line', { line, state: 'active' })).toMatchObject({ outcome: 'already' });
  });

  test('put back where somebody has changed another line since: only our line', async () => {
    await given((files) => (files['/etc/fstab'] = `${root}\n${line}\n`));
    await take('fstab-line', { line, state: 'commented' });
    await given((files) => (files['/etc/fstab'] += '/dev/sdc1 /data xfs defaults 0 0\n'));
    expect(await take('fstab-line', { line, state: 'active' })).toMatchObject({ outcome: 'changed' });
    expect(node.recording.files['/etc/fstab']).toBe(`${root}\n${line}\n/dev/sdc1 /data xfs defaults 0 0\n`);
  });

  test.each([
    ['a line that is not there', line, `${root}\n`, 'commented', /is not in \/etc\/fstab/],
    ['a line that is there twice', line, `${line}\n${line}\n`, 'commented', /stands 2 times/],
    ['a line of another type', root, `${root}\n`, 'commented', /third field is not "swap"/],
    ['a line with other words', line, `${line} # x\n`, 'commented', /is not in \/etc\/fstab/],
    ['two comments and no copy', line, `#${line}\n#${line}\n`, 'active', /stands 2 times as a comment/],
  ])('%s: refused, the file is as it was', async (_, wanted, text, state, sentence) => {
    await given((files) => (files['/etc/fstab'] = text));
    expect(await take('fstab-line', { line: wanted, state })).toMatchObject({
      outcome: 'refused',
      says: expect.stringMatching(sentence),
    });
    expect(node.posted).toEqual([]);
  });

  test('changed by somebody else after the copy was made: failed, the other change stays', async () => {
    await given((files) => (files['/etc/fstab'] = `${line}\n`));
    node.instead = ({ op }) => {
      if (op === 'write') node.recording.files['/etc/fstab'] = `${line}\n# another hand\n`;
      return op === 'write' ? { code: 0 } : undefined;
    };
    expect(await take('fstab-line', { line, state: 'commented' })).toMatchObject({
      outcome: 'failed',
      says: expect.stringMatching(/changed by somebody else/),
      changes: [],
    });
    expect(node.recording.files['/etc/fstab']).toBe(`${line}\n# another hand\n`);
  });

  test('systemd that does not reload: failed, and the change that was made is told', async () => {
    await given((files) => (files['/etc/fstab'] = `${line}\n`));
    node.instead = ({ op }) => (op === 'run' ? { code: 1, stderr: 'Failed to reload daemon\n' } : undefined);
    expect(await take('fstab-line', { line, state: 'commented' })).toMatchObject({
      outcome: 'failed',
      changes: [{ before: line, after: `#${line}` }],
    });
  });
});

describe('services', () => {
  test('kubelet is started anew, and what systemd gave up on is reset first', async () => {
    await given(() => setUnit(node.recording, 'kubelet.service', { ActiveState: 'failed', SubState: 'failed' }));
    expect(await take('kubelet', { state: 'restarted' })).toEqual({
      outcome: 'changed',
      says: 'kubelet.service was restarted and is active',
      changes: [{ what: 'kubelet.service', before: 'failed (failed)', after: 'restarted, active (running)' }],
    });
    expect(told(node)).toEqual(['systemctl reset-failed kubelet.service', 'systemctl restart kubelet.service']);
  });

  test('kubelet that comes up later is waited for', async () => {
    node.instead = () => {
      setTimeout(() => {
        setUnit(node.recording, 'kubelet.service', { ActiveState: 'active', SubState: 'running' });
        void node.save();
      }, 50);
      return { code: 0 };
    };
    expect(await take('kubelet', { state: 'restarted' })).toMatchObject({ outcome: 'changed' });
  });

  test('kubelet that dies again and again: failed, and the state is told', async () => {
    let restarts = 0;
    node.instead = () => ({ code: 0 });
    const flapping = setInterval(() => {
      restarts += 1;
      setUnit(node.recording, 'kubelet.service', {
        ActiveState: 'active',
        SubState: 'running',
        NRestarts: `${restarts}`,
      });
      void node.save();
    }, 20);
    const result = await take('kubelet', { state: 'restarted' }).finally(() => clearInterval(flapping));
    await node.save();
    expect(result).toMatchObject({
      outcome: 'failed',
      says: expect.stringMatching(/did not stay active within/),
      changes: [{ what: 'kubelet.service' }],
    });
  });

  test.each([
    ['container-runtime', 'containerd.service'],
    ['kube-proxy-unit', 'kube-proxy.service'],
  ])('%s: started where it is not running, left alone where it is', async (step, unit) => {
    await given(() => setUnit(node.recording, unit, { ActiveState: 'inactive', SubState: 'dead' }));
    expect(await take(step, { unit, state: 'started' })).toMatchObject({ outcome: 'changed' });
    expect(await take(step, { unit, state: 'started' })).toMatchObject({ outcome: 'already' });
    expect(told(node)).toEqual([`systemctl start ${unit}`]);
  });

  test.each([
    ['no such unit', { LoadState: 'not-found' }, /does not exist on this node/],
    ['masked', { LoadState: 'masked' }, /is masked/],
  ])('%s: refused', async (_, properties, sentence) => {
    await given(() => setUnit(node.recording, 'crio.service', { ActiveState: 'inactive', ...properties }));
    const result = await take('container-runtime', { unit: 'crio.service', state: 'started' });
    expect(result).toMatchObject({ outcome: 'refused', says: expect.stringMatching(sentence) });
    expect(node.posted).toEqual([]);
  });

  test('a unit outside the usual eight is asked for by itself', async () => {
    await given((_files, commands) => {
      const properties =
        'Id,LoadState,ActiveState,SubState,UnitFileState,Result,ExecMainCode,ExecMainStatus,NRestarts,StateChangeTimestamp';
      commands[`systemctl show cri-docker.service --property=${properties} --no-pager`] = {
        stdout: 'Id=cri-docker.service\nLoadState=loaded\nActiveState=active\nSubState=running\n',
      };
    });
    const result = await take('container-runtime', { unit: 'cri-docker.service', state: 'started' });
    expect(result).toMatchObject({ outcome: 'already' });
  });

  test('a start that systemd refuses: failed with its words', async () => {
    await given(() => setUnit(node.recording, 'docker.service', { ActiveState: 'inactive', SubState: 'dead' }));
    node.instead = () => ({ code: 1, stderr: 'Job for docker.service failed because the control process exited\n' });
    expect(await take('container-runtime', { unit: 'docker.service', state: 'started' })).toMatchObject({
      outcome: 'failed',
      says: expect.stringMatching(/Job for docker\.service failed/),
      changes: [{ after: 'start tried, inactive (dead)' }],
    });
  });
});

describe('kubelet-flag', () => {
  const before =
    'KUBELET_KUBEADM_ARGS="--cgroup-driver=systemd --network-plugin=cni --pod-infra-container-image=pause:3.9"\n';
  const out = { file: FLAGS, flag: '--network-plugin', state: 'absent' };

  test('taken out, kubelet started anew, and put back to the byte', async () => {
    await given((files) => (files[FLAGS] = before));
    const grant = grantId();
    expect(await take('kubelet-flag', out, grant)).toMatchObject({
      outcome: 'changed',
      changes: [
        { what: `--network-plugin in ${FLAGS}`, before: '--network-plugin=cni', after: 'absent' },
        { what: 'kubelet.service', after: 'restarted, active (running)' },
      ],
    });
    expect(node.recording.files[FLAGS]).toBe(
      'KUBELET_KUBEADM_ARGS="--cgroup-driver=systemd --pod-infra-container-image=pause:3.9"\n',
    );
    expect(told(node)).toEqual([
      `write ${FLAGS}.kubewhy-${grant}`,
      `write ${FLAGS}`,
      'systemctl daemon-reload',
      'systemctl restart kubelet.service',
    ]);
    expect(await take('kubelet-flag', out)).toMatchObject({ outcome: 'already' });
    expect(await take('kubelet-flag', { ...out, state: 'present' })).toMatchObject({ outcome: 'changed' });
    expect(node.recording.files[FLAGS]).toBe(before);
  });

  test('put back where the file has changed since: as the last flag', async () => {
    await given((files) => (files[FLAGS] = 'KUBELET_KUBEADM_ARGS="--v=4"\n'));
    const back = { ...out, state: 'present', text: '--network-plugin=cni' };
    expect(await take('kubelet-flag', back)).toMatchObject({ outcome: 'changed' });
    expect(node.recording.files[FLAGS]).toBe('KUBELET_KUBEADM_ARGS="--v=4 --network-plugin=cni"\n');
  });

  test.each([
    ['a flag that kubelet knows', { ...out, flag: '--config' }, before, /is no flag that this agent may change/],
    ['a file that is not there', { ...out, file: '/etc/default/kubelet', state: 'present' }, before, /does not exist/],
    ['a flag within quotes', out, `A="--x='--network-plugin=cni'"\n`, /edit the file by hand/],
    ['a flag that is there twice', out, 'A="--network-plugin=a --network-plugin=b"\n', /stands 2 times/],
    ['nothing that says how it stood', { ...out, state: 'present' }, 'KUBELET_EXTRA_ARGS=\n', /nothing says how/],
    [
      'the value of another flag',
      { ...out, state: 'present', text: '--fail-swap-on=false' },
      'KUBELET_EXTRA_ARGS=\n',
      /is not a value of --network-plugin/,
    ],
  ])('%s: refused', async (_, params, text, sentence) => {
    await given((files) => (files[FLAGS] = text));
    expect(await take('kubelet-flag', params)).toMatchObject({
      outcome: 'refused',
      says: expect.stringMatching(sentence),
    });
    expect(node.posted).toEqual([]);
  });

  test('a file that is not there holds no flag: already so', async () => {
    await given((files) => (files[FLAGS] = before));
    const result = await take('kubelet-flag', { ...out, file: '/etc/default/kubelet' });
    expect(result).toMatchObject({ outcome: 'already', says: expect.stringMatching(/does not exist/) });
    expect(node.posted).toEqual([]);
  });

  test('where the file is not there, the flag is not in it: already so', async () => {
    expect(await take('kubelet-flag', { ...out, file: '/etc/sysconfig/kubelet' })).toMatchObject({
      outcome: 'already',
    });
    expect(node.posted).toEqual([]);
  });

  test('a kubelet that runs with the flag knows it: refused', async () => {
    await given((files) => {
      files[FLAGS] = before;
      setUnit(node.recording, 'kubelet.service', { ActiveState: 'active', SubState: 'running' });
    });
    expect(await take('kubelet-flag', out)).toMatchObject({
      outcome: 'refused',
      says: 'kubelet runs with --network-plugin, so it knows the flag',
    });
  });

  test('kubelet that does not start without it either: failed, with what was changed', async () => {
    await given((files) => (files[FLAGS] = before));
    node.instead = ({ op }) => (op === 'run' ? { code: 0 } : undefined);
    expect(await take('kubelet-flag', out)).toMatchObject({
      outcome: 'failed',
      changes: [{ after: 'absent' }, { what: 'kubelet.service' }],
    });
  });
});

describe('sysctl', () => {
  const FILE = '/etc/sysctl.d/99-kubewhy.conf';
  const KERNEL = '/proc/sys/net/ipv4/ip_forward';
  const on = { name: 'net.ipv4.ip_forward', value: 1, persist: true };

  test('set now and for the next boot, and taken back', async () => {
    await given((files) => (files[KERNEL] = '0\n'));
    expect(await take('sysctl', on)).toEqual({
      outcome: 'changed',
      says: 'net.ipv4.ip_forward is 1',
      changes: [
        { what: 'net.ipv4.ip_forward', before: '0', after: '1' },
        { what: `net.ipv4.ip_forward in ${FILE}`, before: 'absent', after: '1' },
      ],
    });
    expect(node.recording.files[FILE]).toMatch(/^# Written by kubewhy\..*\nnet\.ipv4\.ip_forward = 1\n$/);
    expect(await take('sysctl', on)).toMatchObject({ outcome: 'already' });
    expect(await take('sysctl', { ...on, value: 0, persist: false })).toMatchObject({ outcome: 'changed' });
    expect([node.recording.files[KERNEL], node.recording.files[FILE]]).toEqual(['0\n', undefined]);
    expect(told(node)).toEqual([`write ${KERNEL}`, `write ${FILE}`, `write ${KERNEL}`, `remove ${FILE}`]);
  });

  test('a file that wins at the next boot is named', async () => {
    await given((files) => {
      files['/etc/sysctl.d/99-sysctl.conf'] = 'net.ipv4.ip_forward=0\n';
      files['/etc/sysctl.d/10-early.conf'] = 'net.ipv4.ip_forward=0\n';
    });
    expect((await take('sysctl', on)).says).toBe(
      'net.ipv4.ip_forward is 1, but /etc/sysctl.d/99-sysctl.conf sets another value at the next boot',
    );
  });

  test('a kernel without it: refused; one that keeps its own value: failed', async () => {
    const bridge = { name: 'net.bridge.bridge-nf-call-iptables', value: 1, persist: true };
    expect(await take('sysctl', bridge)).toMatchObject({
      outcome: 'refused',
      says: expect.stringMatching(/module that brings it is not loaded/),
    });
    await given((files) => (files[KERNEL] = '0\n'));
    node.instead = () => ({ code: 0 });
    expect(await take('sysctl', on)).toMatchObject({
      outcome: 'failed',
      says: 'net.ipv4.ip_forward was set to 1, and the kernel says 0',
    });
    node.instead = () => ({ error: 'denied', message: 'writing failed: permission denied' });
    expect(await take('sysctl', on)).toMatchObject({ outcome: 'failed', changes: [] });
  });
});

describe('tx-checksum', () => {
  const off = { device: 'vxlan.calico', state: 'off' };
  test('off, off again, on', async () => {
    await given((_files, commands) => (commands['ethtool -k vxlan.calico'] = features('on')));
    expect(await take('tx-checksum', off)).toMatchObject({
      outcome: 'changed',
      changes: [{ what: 'tx-checksum-ip-generic of vxlan.calico', before: 'on', after: 'off' }],
    });
    expect(await take('tx-checksum', off)).toMatchObject({ outcome: 'already' });
    expect(await take('tx-checksum', { ...off, state: 'on' })).toMatchObject({ outcome: 'changed' });
    expect(told(node)[0]).toBe('ethtool -K vxlan.calico tx-checksum-ip-generic off');
  });

  test.each([
    ['no such device', { code: 75, stderr: 'Cannot get device feature names: No such device\n' }, /No such device/],
    ['no such feature', { stdout: 'Features for vxlan.calico:\n' }, /has no tx-checksum-ip-generic/],
    ['a fixed one', { stdout: '\ttx-checksum-ip-generic: on [fixed]\n' }, /cannot be changed/],
    ['no ethtool', { error: 'not-found' as const, message: 'the program ethtool is not installed' }, /not installed/],
  ])('%s: refused', async (_, output, sentence) => {
    await given((_files, commands) => (commands['ethtool -k vxlan.calico'] = output));
    expect(await take('tx-checksum', off)).toMatchObject({
      outcome: 'refused',
      says: expect.stringMatching(sentence),
    });
    expect(node.posted).toEqual([]);
  });

  test('one that does not change: failed', async () => {
    await given((_files, commands) => (commands['ethtool -k vxlan.calico'] = features('on')));
    node.instead = () => ({ code: 0 });
    expect(await take('tx-checksum', off)).toMatchObject({ outcome: 'failed', changes: [] });
  });
});

function meminfo(available: number): string {
  return `MemTotal: 20000 kB\nMemAvailable: ${available} kB\nSwapTotal: 4 kB\nSwapFree: 4 kB\n`;
}
