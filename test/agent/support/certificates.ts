/** Certificates for tests of agent and client, as PEM files in a temporary folder that is removed afterwards. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Authority, type CertificateRequest, createAuthority } from '../../../src/sandbox/tls/certificates.ts';

export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface TestCertificates {
  readonly folder: string;
  readonly caFile: string;
  readonly server: CertificateFiles;
  readonly client: CertificateFiles;
  /** Writes another certificate, of this authority or of one that nobody trusts. */
  issue(name: string, request: CertificateRequest, authority?: Authority): Promise<CertificateFiles>;
  remove(): Promise<void>;
}

/** Makes a CA, an agent's certificate for `node` and 127.0.0.1, and a client's. */
export async function makeCertificates(node: string): Promise<TestCertificates> {
  const folder = await mkdtemp(join(tmpdir(), 'kubewhy-agent-'));
  const ca = await createAuthority('agents');
  const caFile = join(folder, 'ca.crt');
  await writeFile(caFile, ca.caPem);
  const issue: TestCertificates['issue'] = async (name, request, authority = ca) => {
    const issued = await authority.issue(request);
    const files = { certFile: join(folder, `${name}.crt`), keyFile: join(folder, `${name}.key`) };
    await writeFile(files.certFile, issued.certPem);
    await writeFile(files.keyFile, issued.keyPem, { mode: 0o600 });
    return files;
  };
  return {
    folder,
    caFile,
    server: await issue('server', {
      commonName: node,
      dnsNames: [node],
      ipAddresses: ['127.0.0.1'],
      usage: 'server',
    }),
    client: await issue('client', { commonName: 'kubewhy-worker', usage: 'client' }),
    issue,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
