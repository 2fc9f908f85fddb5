import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { assertEffect, EDITED_FILES, EFFECTS, SYSCTL_FILE, sysctlPath, writable } from '../../src/agent/step-host.ts';
import { NODE_STEPS, SYSCTLS } from '../../src/core/node-steps.ts';

const FOLDER = new URL('../../src/agent/', import.meta.url);
const PAGE = readFileSync(new URL('WRITES.md', FOLDER), 'utf8');
const GRANT = `gr-${'0'.repeat(32)}`;

describe('WRITES.md says what the code allows, and nothing else', () => {
  const rows =
    PAGE.split('## Effects')[0]
      ?.split('\n')
      .filter((line) => line.startsWith('| `')) ?? [];

  test('a row for each step', () => {
    const names = rows.map((row) => /^\| `([a-z-]+)`/.exec(row)?.[1] ?? '');
    expect(names.sort((a, b) => a.localeCompare(b))).toEqual([...NODE_STEPS].sort((a, b) => a.localeCompare(b)));
  });

  test('each command of the page is one of the list, and each of the list is on the page', () => {
    const changes = rows.map((row) => row.split(' | ')[2] ?? '').join(' ');
    const units = [...PAGE.matchAll(/`([a-z.-]+\.service)`/g)].map((match) => match[1] ?? '');
    const commands = [...changes.matchAll(/`((?:swapoff|swapon|systemctl|ethtool) [^`]+)`/g)].flatMap(
      ([, text = '']) => (text.endsWith(' UNIT') ? units.map((unit) => text.replace('UNIT', unit)) : [text]),
    );
    expect(commands.length).toBeGreaterThan(15);
    const real = commands.map((text) =>
      text
        .replace('UNIT.swap', 'dev-sda3.swap')
        .replace(/^(swapo\w+) DEVICE/, '$1 /dev/sda3')
        .replace('DEVICE', 'flannel.1')
        .split(' '),
    );
    for (const [program = '', ...args] of real) assertEffect(program, args);
    const unused = EFFECTS.filter(
      ([program, ...words]) =>
        !real.some(
          ([name, ...args]) =>
            name === program &&
            args.length === words.length &&
            words.every((word, i) => typeof word !== 'string' || word === args[i]),
        ),
    );
    expect(unused).toEqual([]);
  });

  test('each file of the list is on the page', () => {
    for (const file of [...EDITED_FILES, SYSCTL_FILE]) expect(PAGE).toContain(`\`${file}\``);
    for (const name of Object.keys(SYSCTLS)) expect(PAGE).toContain(`\`${name}\``);
  });
});

describe('what is not in the list is refused before it is tried', () => {
  test.each([
    ['swapoff', ['-a']],
    ['swapoff', ['/dev/sda3', '/dev/sdb1']],
    ['systemctl', ['stop', 'kubelet.service']],
    ['systemctl', ['restart', 'sshd.service']],
    ['systemctl', ['start', 'kubelet.service']],
    ['systemctl', ['mask', 'kubelet.service']],
    ['systemctl', ['mask', '--runtime.swap']],
    ['systemctl', ['mask', 'a b.swap']],
    ['systemctl', ['daemon-reload', '--force']],
    ['ethtool', ['-K', 'eth0', 'tx-checksum-ip-generic', 'off']],
    ['ethtool', ['-K', 'flannel.1', 'tx', 'off']],
    ['sh', ['-c', 'true']],
  ])('%s %j', (program, args) => {
    expect(() => assertEffect(program, args)).toThrow(/is not a command that this agent may run/);
  });

  test.each([
    '/etc/passwd',
    '/etc/fstab.kubewhy-x',
    `/etc/passwd.kubewhy-${GRANT}`,
    `/etc/fstab.kubewhy-${GRANT}/../passwd`,
    `/etc/../etc/fstab`,
    '/proc/sys/kernel/core_pattern',
    '/etc/sysctl.d/99-sysctl.conf',
    `${SYSCTL_FILE}.kubewhy-${GRANT}`,
  ])('%s', (path) => {
    expect(() => writable(path)).toThrow(/is not a file that this agent may write/);
  });

  test('and what is in it is written as it must be', () => {
    expect(writable('/etc/fstab')).toBe('edited');
    expect(writable(`/var/lib/kubelet/kubeadm-flags.env.kubewhy-${GRANT}`)).toBe('backup');
    expect(writable(SYSCTL_FILE)).toBe('own');
    expect(writable(sysctlPath('net.ipv4.conf.all.rp_filter'))).toBe('kernel');
  });
});

test('a step changes nothing but through the list: no step reaches for files or programs by itself', () => {
  const steps = readdirSync(new URL('steps/', FOLDER)).map((name) => `steps/${name}`);
  const sources = [...steps, 'step.ts', 'start-unit.ts', 'run-step.ts', 'flag-text.ts', 'sysctl-file.ts'];
  expect(sources.length).toBeGreaterThan(10);
  for (const name of sources) {
    const imports = [...readFileSync(new URL(name, FOLDER), 'utf8').matchAll(/from '(node:[^']+)'/g)].map(
      ([, to]) => to,
    );
    expect([name, imports.filter((to) => to !== 'node:timers/promises')]).toEqual([name, []]);
  }
});
