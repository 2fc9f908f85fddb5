/** Addresses and CIDRs as numbers. */
import { describe, expect, test } from 'vitest';
import { addressOf, cidrContains, cidrsOverlap, parseCidr, parseIp } from '../../src/core/ip.ts';

describe('addresses', () => {
  test.each<[string, 4 | 6, bigint]>([
    ['0.0.0.0', 4, 0n],
    ['10.0.0.66', 4, 0x0a000042n],
    ['255.255.255.255', 4, 0xffffffffn],
    ['::', 6, 0n],
    ['::1', 6, 1n],
    ['fd80:24e2:f998:72d7::2', 6, 0xfd8024e2f99872d70000000000000002n],
    ['fe80::1%eth0', 6, 0xfe800000000000000000000000000001n],
    ['::ffff:10.0.0.1', 6, 0xffff0a000001n],
    ['1:2:3:4:5:6:7:8', 6, 0x00010002000300040005000600070008n],
  ])('%s', (text, family, value) => {
    expect(parseIp(text)).toEqual({ family, value });
  });

  test.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '256.0.0.1',
    '1.2.3.x',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    'g::1',
    '12345::',
    'localhost',
    '10.0.0.1/24',
  ])('"%s" is none', (text) => {
    expect(parseIp(text)).toBeUndefined();
  });
});

describe('networks', () => {
  test.each<[string, string, boolean]>([
    ['172.17.72.0/22', '172.17.75.255', true],
    ['172.17.73.66/22', '172.17.72.1', true],
    ['172.17.72.0/22', '172.17.76.0', false],
    ['0.0.0.0/0', '8.8.8.8', true],
    ['10.0.0.66', '10.0.0.66', true],
    ['10.0.0.66', '10.0.0.67', false],
    ['fd00::/8', 'fd12::1', true],
    ['0.0.0.0/0', 'fd12::1', false],
    ['nonsense', '10.0.0.1', false],
    ['10.0.0.0/8', 'nonsense', false],
  ])('%s holds %s: %s', (cidr, ip, holds) => {
    expect(cidrContains(cidr, ip)).toBe(holds);
  });

  test.each<[string, string, boolean]>([
    ['10.96.0.0/12', '10.99.214.53/32', true],
    ['10.109.209.192/26', '10.96.0.0/12', true],
    ['10.244.0.0/16', '10.96.0.0/12', false],
    ['10.0.0.0/8', 'fd00::/8', false],
    ['x', '10.0.0.0/8', false],
  ])('%s and %s share an address: %s', (a, b, overlap) => {
    expect(cidrsOverlap(a, b)).toBe(overlap);
    expect(cidrsOverlap(b, a)).toBe(overlap);
  });

  test.each(['10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/x', '10.0.0.0/', 'fd00::/129'])('"%s" is none', (text) => {
    expect(parseCidr(text)).toBeUndefined();
  });

  test('the address of a CIDR', () => {
    expect([addressOf('10.0.0.66/24'), addressOf('10.0.0.66')]).toEqual(['10.0.0.66', '10.0.0.66']);
  });
});
