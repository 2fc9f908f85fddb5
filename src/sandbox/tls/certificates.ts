/** A small certificate authority (ECDSA P-256) for the simulated cluster and the agents: made fresh, kept in memory. */
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const MINUTE_MS = 60_000;
const YEAR_MS = 365 * 24 * 60 * MINUTE_MS;

/** What a certificate is asked for. */
export interface CertificateRequest {
  commonName: string;
  /** Kubernetes reads these as the groups of the user. */
  organizations?: string[];
  dnsNames?: string[];
  ipAddresses?: string[];
  usage: 'server' | 'client' | 'both';
  /** Default: five minutes ago. */
  notBefore?: Date;
  /** Default: in one year. */
  notAfter?: Date;
}

/** A certificate and its private key, both PEM (the key PKCS #8). */
export interface IssuedCertificate {
  certPem: string;
  keyPem: string;
}

/** An authority that signs certificates until the process ends; its key never leaves memory. */
export interface Authority {
  caPem: string;
  issue(request: CertificateRequest): Promise<IssuedCertificate>;
}

/** Makes an authority with a self-signed CA certificate, valid from five minutes ago for ten years. */
export async function createAuthority(name: string): Promise<Authority> {
  const keys = await generateKeys();
  const now = Date.now();
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [name] }],
    notBefore: new Date(now - 5 * MINUTE_MS),
    notAfter: new Date(now + 10 * YEAR_MS),
    signingAlgorithm: KEY_ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { caPem: ca.toString('pem'), issue: (request) => issueCertificate(ca, keys.privateKey, request) };
}

async function issueCertificate(
  ca: x509.X509Certificate,
  signingKey: webcrypto.CryptoKey,
  request: CertificateRequest,
): Promise<IssuedCertificate> {
  const keys = await generateKeys();
  const now = Date.now();
  const names: x509.JsonGeneralNames = [
    ...(request.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(request.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value })),
  ];
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [...(request.organizations ?? []).map((value) => ({ O: [value] })), { CN: [request.commonName] }],
    issuer: ca.subjectName.toJSON(),
    notBefore: request.notBefore ?? new Date(now - 5 * MINUTE_MS),
    notAfter: request.notAfter ?? new Date(now + YEAR_MS),
    signingAlgorithm: KEY_ALGORITHM,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(extendedUsages(request.usage)),
      await x509.AuthorityKeyIdentifierExtension.create(ca.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
    ],
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { certPem: certificate.toString('pem'), keyPem: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') };
}

function extendedUsages(usage: CertificateRequest['usage']): string[] {
  if (usage === 'server') return [SERVER_AUTH];
  if (usage === 'client') return [CLIENT_AUTH];
  return [SERVER_AUTH, CLIENT_AUTH];
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
}

/** 15 random bytes under a first byte below 0x80, so that the number is positive in DER. */
function serialNumber(): string {
  return `01${Buffer.from(webcrypto.getRandomValues(new Uint8Array(15))).toString('hex')}`;
}
