import { execFile } from 'node:child_process';
import { chown, lstat, mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runStep } from '../../src/agent/run-step.ts';
import { NodeAction, type NodeStepResult } from '../../src/core/node-steps.ts';
import { grantId } from './support/grants.ts';
import { type LiveNode, makeLiveNode } from './support/live-node.ts';

const run = promisify(execFile);
const LINE = '/dev/sda3 none swap sw 0 0';
const COMMENT = { step: 'fstab-line', params: { line: LINE, state: 'commented' } };
const FLAGS = '/etc/default/kubelet';
let node: LiveNode;

beforeEach(async () => {
  node = await makeLiveNode();
});
afterEach(() => node.remove());

function take(action: object, grant = grantId()): Promise<NodeStepResult> {
  const waits = { activeMs: 1000, steadyMs: 50, lookMs: 20 };
  return runStep({ host: node.host, effects: node.effects, waits }, NodeAction.parse(action), grant);
}

describe('files', () => {
  test('an edited file keeps its mode and owner, and so does its copy; nothing else is left behind', async ({
    skip,
  }) => {
    await node.write('/etc/fstab', `${LINE}\n`, 0o640);
    const root = process.getuid?.() === 0;
    if (root) await chown(join(node.root, '/etc/fstab'), 1234, 4321);
    const grant = grantId();
    expect(await take(COMMENT, grant)).toMatchObject({ outcome: 'changed' });
    expect(await node.read('/etc/fstab')).toBe(`#${LINE}\n`);
    expect(await node.read(`/etc/fstab.kubewhy-${grant}`)).toBe(`${LINE}\n`);
    expect((await readdir(join(node.root, 'etc'))).sort()).toEqual(['fstab', `fstab.kubewhy-${grant}`]);
    expect(await node.told()).toEqual(['daemon-reload']);
    for (const path of ['/etc/fstab', `/etc/fstab.kubewhy-${grant}`]) {
      const { mode, uid, gid } = await stat(join(node.root, path));
      expect([path, mode & 0o7777]).toEqual([path, 0o640]);
      if (root) expect([uid, gid]).toEqual([1234, 4321]);
    }
    expect(await take({ ...COMMENT, params: { line: LINE, state: 'active' } })).toMatchObject({ outcome: 'changed' });
    expect(await node.read('/etc/fstab')).toBe(`${LINE}\n`);
    skip(!root, 'owners can be given only as root');
  });

  test('a link is not followed: refused, and what it points to is as it was', async () => {
    await node.write('/elsewhere', `${LINE}\n`);
    await mkdir(join(node.root, 'etc'));
    await symlink('../elsewhere', join(node.root, 'etc/fstab'));
    expect(await take(COMMENT)).toMatchObject({
      outcome: 'refused',
      says: '/etc/fstab is a symbolic link, which is not followed',
    });
    expect(await node.read('/elsewhere')).toBe(`${LINE}\n`);
    expect((await lstat(join(node.root, 'etc/fstab'))).isSymbolicLink()).toBe(true);
  });

  test.each<[string, () => Promise<unknown>, RegExp]>([
    ['a named pipe', () => run('mkfifo', [join(node.root, 'etc/fstab')]), /is not a regular file/],
    ['a folder', () => mkdir(join(node.root, 'etc/fstab')), /is not a regular file|another type/],
    ['no text', () => node.write('/etc/fstab', Buffer.from([0xff, 0xfe, 10])), /is not UTF-8 text/],
    ['too much', () => node.write('/etc/fstab', 'x'.repeat(300_000)), /larger than 262144 bytes/],
    ['nothing', async () => undefined, /does not exist/],
  ])('in place of fstab %s: refused', async (_, make, sentence) => {
    await mkdir(join(node.root, 'etc'));
    await make();
    expect(await take(COMMENT)).toMatchObject({ outcome: 'refused', says: expect.stringMatching(sentence) });
  });

  test('a copy is never written over another file, and a file that changed meanwhile is left alone', async () => {
    await node.write('/etc/fstab', 'now\n');
    const backup = `/etc/fstab.kubewhy-${grantId()}`;
    await node.write(backup, 'taken\n');
    await expect(node.effects.put({ path: backup, content: 'x', was: undefined })).rejects.toThrow(/has appeared/);
    await expect(node.effects.put({ path: '/etc/fstab', content: 'x', was: 'then\n' })).rejects.toThrow(
      /was changed by somebody else meanwhile/,
    );
    await rm(join(node.root, 'etc/fstab'));
    await expect(node.effects.put({ path: '/etc/fstab', content: 'x', was: 'now\n' })).rejects.toThrow(/has vanished/);
    expect(await readdir(join(node.root, 'etc'))).toEqual([backup.slice('/etc/'.length)]);
    expect(await node.read(backup)).toBe('taken\n');
  });

  test('a flag out of a file, kubelet anew, and back to the byte', async () => {
    const before = 'KUBELET_EXTRA_ARGS=--v=2 --container-runtime=remote --node-ip=10.0.0.1\n';
    await node.write(FLAGS, before, 0o600);
    const params = { file: FLAGS, flag: '--container-runtime', state: 'absent' };
    expect(await take({ step: 'kubelet-flag', params })).toMatchObject({ outcome: 'changed' });
    expect(await node.read(FLAGS)).toBe('KUBELET_EXTRA_ARGS=--v=2 --node-ip=10.0.0.1\n');
    expect(await node.told()).toEqual(['daemon-reload', 'restart kubelet.service']);
    expect(await take({ step: 'kubelet-flag', params: { ...params, state: 'present' } })).toMatchObject({
      outcome: 'changed',
    });
    expect(await node.read(FLAGS)).toBe(before);
    expect((await stat(join(node.root, FLAGS))).mode & 0o7777).toBe(0o600);
  });

  test('a sysctl and its file; the file goes with its last setting', async () => {
    await node.write('/proc/sys/vm/overcommit_memory', '0\n');
    await node.write('/etc/sysctl.d/99-kubewhy.conf', 'net.ipv4.ip_forward = 1\n');
    const params = { name: 'vm.overcommit_memory', value: 1, persist: true };
    expect(await take({ step: 'sysctl', params })).toMatchObject({ outcome: 'changed' });
    expect(await node.read('/proc/sys/vm/overcommit_memory')).toBe('1\n');
    expect(await node.read('/etc/sysctl.d/99-kubewhy.conf')).toMatch(
      /^# Written by kubewhy.*\nnet\.ipv4\.ip_forward = 1\nvm\.overcommit_memory = 1\n$/,
    );
    await writeFile(join(node.root, '/etc/sysctl.d/99-kubewhy.conf'), 'vm.overcommit_memory = 1\n');
    const back = { ...params, value: 0, persist: false };
    expect(await take({ step: 'sysctl', params: back })).toMatchObject({ outcome: 'changed' });
    expect(await readdir(join(node.root, '/etc/sysctl.d'))).toEqual([]);
  });
});

describe('programs', () => {
  test('one that says no: failed with its words', async () => {
    const params = { unit: 'dev-sda3.swap', state: 'masked' };
    expect(await take({ step: 'swap-unit', params })).toMatchObject({
      outcome: 'failed',
      says: 'systemctl mask dev-sda3.swap ended with code 1: Failed to mask unit: Access denied',
    });
  });

  test('one that is not installed: refused before anything else', async () => {
    const params = { device: 'vxlan.calico', state: 'off' };
    expect(await take({ step: 'tx-checksum', params })).toMatchObject({
      outcome: 'refused',
      says: 'the program ethtool is not installed on this host',
    });
  });
});

describe('on this very machine, in namespaces of its own', () => {
  const SCRIPT = new URL('support/step-from-here.ts', import.meta.url).pathname;
  /** Takes a step after some preparation, and gives what the machine looks like to the same namespaces afterwards. */
  async function inside(prepare: string, action: object, look: string, folder = ''): Promise<[NodeStepResult, string]> {
    const command = `${prepare} && "$0" --import tsx "$1" "$2" ${folder} && echo && ${look}`;
    const argv = ['--net', '--mount', 'sh', '-ec', command, process.execPath, SCRIPT, JSON.stringify(action)];
    const { stdout } = await run('unshare', argv);
    const [first = '', ...rest] = stdout.split('\n');
    return [JSON.parse(first) as NodeStepResult, rest.join('\n')];
  }
  async function whyNot(command: string): Promise<string | undefined> {
    return await run('unshare', ['--net', '--mount', 'sh', '-ec', command]).then(
      () => undefined,
      (error: unknown) => `not possible here: ${error instanceof Error ? error.message.trim().split('\n').at(-1) : ''}`,
    );
  }
  const OVER_SYSCTL = 'mount -t tmpfs none /etc/sysctl.d';

  test('ip_forward, and the file for the next boot', async ({ skip }) => {
    const why = await whyNot(OVER_SYSCTL);
    skip(why !== undefined, why);
    const params = { name: 'net.ipv4.ip_forward', value: 1, persist: true };
    const [result, after] = await inside(
      `${OVER_SYSCTL} && echo 0 > /proc/sys/net/ipv4/ip_forward`,
      { step: 'sysctl', params },
      'cat /proc/sys/net/ipv4/ip_forward /etc/sysctl.d/99-kubewhy.conf',
    );
    expect(result).toMatchObject({
      outcome: 'changed',
      changes: [{ before: '0', after: '1' }, { after: '1' }],
    });
    expect(after).toMatch(/^1\n# Written by kubewhy.*\nnet\.ipv4\.ip_forward = 1\n$/);
  });

  test('a file that is mounted over cannot be replaced: failed, nothing changed', async ({ skip }) => {
    const prepare = `mount -t tmpfs none /etc && echo '${LINE}' > /etc/other && touch /etc/fstab && mount --bind /etc/other /etc/fstab`;
    const why = await whyNot(prepare);
    skip(why !== undefined, why);
    const [result, after] = await inside(prepare, COMMENT, 'cat /etc/fstab');
    expect(result).toMatchObject({ outcome: 'failed', says: expect.stringMatching(/EBUSY/), changes: [] });
    expect(after).toBe(`${LINE}\n`);
  });

  test('a swap file on and off again', async ({ skip }) => {
    // Swap belongs to the whole machine, not to a namespace: only where somebody has said that it may.
    const asked = process.env['KUBEWHY_TEST_SWAP'] === '1';
    skip(!asked, 'swap is turned on and off on this machine with KUBEWHY_TEST_SWAP=1 only');
    const file = join(node.root, 'swapfile');
    const prepare = `mount -t tmpfs none /etc && echo '${file} none swap sw 0 0' > /etc/fstab`;
    await run('dd', ['if=/dev/zero', `of=${file}`, 'bs=1M', 'count=4']);
    await run('chmod', ['600', file]);
    await run('mkswap', [file]);
    try {
      const on = { step: 'swap-device', params: { device: file, state: 'on' } };
      const [result, swaps] = await inside(prepare, on, 'cat /proc/swaps');
      expect([result.outcome, swaps]).toEqual(['changed', expect.stringContaining(file)]);
      const off = { step: 'swap-device', params: { device: file, state: 'off' } };
      const [back, after] = await inside(prepare, off, 'cat /proc/swaps');
      expect([back.outcome, after]).toEqual(['changed', expect.not.stringContaining(file)]);
    } finally {
      await run('swapoff', [file]).catch(() => undefined);
    }
  });

  test('TX checksums of a VXLAN device', async ({ skip }) => {
    const folder = process.env['KUBEWHY_TEST_ETHTOOL'] ?? '/usr/sbin';
    const device = 'ip link set lo up && ip link add flannel.1 type vxlan id 1 dstport 4789 dev lo';
    const why = await whyNot(`test -x ${folder}/ethtool || { echo no ethtool >&2; exit 1; }; ${device}`);
    skip(why !== undefined, why);
    const params = { device: 'flannel.1', state: 'off' };
    const look = `${folder}/ethtool -k flannel.1 | grep ip-generic`;
    const [result, after] = await inside(device, { step: 'tx-checksum', params }, look, folder);
    expect(result).toMatchObject({ outcome: 'changed', changes: [{ before: 'on', after: 'off' }] });
    expect(after).toMatch(/tx-checksum-ip-generic: off/);
  });
});
