/** The authority: what it signs is what was asked for, and is trusted by exactly its own certificate. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAuthority } from '../../../src/sandbox/tls/certificates.ts';

describe('createAuthority', () => {
  it('issues a certificate that names its user, groups and addresses', async () => {
    const authority = await createAuthority('test authority');
    const { certPem, keyPem } = await authority.issue({
      commonName: 'alice',
      organizations: ['one', 'two'],
      dnsNames: ['api.example'],
      ipAddresses: ['127.0.0.1', '2001:db8::1'],
      usage: 'both',
    });
    const certificate = new X509Certificate(certPem);
    const ca = new X509Certificate(authority.caPem);
    expect(ca.ca).toBe(true);
    expect(certificate.ca).toBe(false);
    expect(certificate.verify(ca.publicKey)).toBe(true);
    expect(certificate.checkIssued(ca)).toBe(true);
    expect(certificate.subject).toBe('O=one\nO=two\nCN=alice');
    expect(certificate.checkHost('api.example')).toBe('api.example');
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(certificate.checkIP('2001:db8::1')).toBe('2001:db8::1');
    expect(certificate.checkIP('127.0.0.2')).toBeUndefined();
    expect(certificate.checkPrivateKey(createPrivateKey(keyPem))).toBe(true);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
  });

  it('is not verified by another authority of the same name', async () => {
    const [one, other] = await Promise.all([createAuthority('same'), createAuthority('same')]);
    const { certPem } = await one.issue({ commonName: 'x', usage: 'server' });
    expect(new X509Certificate(certPem).verify(new X509Certificate(other.caPem).publicKey)).toBe(false);
  });

  it('gives the span of time that was asked for, for expired certificates too', async () => {
    const authority = await createAuthority('test authority');
    const notBefore = new Date('2020-01-01T00:00:00Z');
    const notAfter = new Date('2020-02-01T00:00:00Z');
    const { certPem } = await authority.issue({ commonName: 'x', usage: 'client', notBefore, notAfter });
    const certificate = new X509Certificate(certPem);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(new Date(certificate.validFrom)).toEqual(notBefore);
    expect(new Date(certificate.validTo)).toEqual(notAfter);
  });
});
