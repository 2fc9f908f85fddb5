import { describe, expect, test } from 'vitest';
import { sysctlSettings, withSysctl } from '../../src/agent/sysctl-file.ts';

const HEAD = '# Written by kubewhy. A setting is taken out again when its fix is undone.\n';

describe('the file of our settings', () => {
  test.each([
    ['a first one', '', 'b.c', '1', `${HEAD}b.c = 1\n`],
    ['sorted with another', `${HEAD}b.c = 1\n`, 'a.b', '2', `${HEAD}a.b = 2\nb.c = 1\n`],
    ['a new value', `${HEAD}b.c = 1\n`, 'b.c', '0', `${HEAD}b.c = 0\n`],
    ['beside what somebody else wrote', '# mine\nx.y=3\n', 'b.c', '1', `${HEAD}# mine\nb.c = 1\nx.y = 3\n`],
    ['taken out', `${HEAD}a.b = 2\nb.c = 1\n`, 'b.c', undefined, `${HEAD}a.b = 2\n`],
    ['the last one taken out', `${HEAD}b.c = 1\n`, 'b.c', undefined, undefined],
    ['the last one, beside a comment of somebody', '# mine\nb.c=1\n', 'b.c', undefined, `${HEAD}# mine\n`],
  ])('%s', (_, before, name, value, after) => {
    expect(withSysctl(before, name, value)).toBe(after);
  });

  test('spellings of sysctl.d: a path, a dash in front, spaces, the last one counts', () => {
    const text = '; x\n-net/ipv4/ip_forward=0\n net.ipv4.ip_forward = 1 \nnet.ipv4.conf.eth0/1.rp_filter=2\n';
    expect([...sysctlSettings(text)]).toEqual([
      ['net.ipv4.ip_forward', '1'],
      ['net.ipv4.conf.eth0/1.rp_filter', '2'],
    ]);
  });
});
