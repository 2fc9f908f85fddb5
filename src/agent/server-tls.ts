/** The agent's certificate files: read at start, and again when one of them has changed. No timer: looked at when someone connects. */
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { errorText, UserError } from '../core/errors.ts';

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  readonly clientCaFile: string;
}

export interface TlsMaterial {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca: Buffer;
}

/** Files are looked at again at most this often. */
const CHECK_MS = 1000;

/** @throws UserError `agent-tls` with one sentence: which file, what is wrong. */
export function readTls(files: TlsFiles): TlsMaterial {
  const material = {
    cert: readPem(files.certFile, 'the certificate (--tls-cert)'),
    key: readPem(files.keyFile, 'the private key (--tls-key)'),
    ca: readPem(files.clientCaFile, 'the CA of the clients (--client-ca)'),
  };
  if (!material.ca.includes('-----BEGIN CERTIFICATE-----')) {
    throw new UserError(
      'agent-tls',
      `the CA of the clients (--client-ca) ${files.clientCaFile} holds no PEM certificate`,
    );
  }
  try {
    createSecureContext({ cert: material.cert, key: material.key, ca: material.ca });
  } catch (error) {
    const sentence = `the certificate ${files.certFile} and the key ${files.keyFile} cannot be used together: ${errorText(error)}`;
    throw new UserError('agent-tls', sentence, {}, error);
  }
  return material;
}

function readPem(file: string, what: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UserError('agent-tls', `${what} ${file} cannot be read: ${errorText(error)}`, {}, error);
  }
}

/** Gives a function that calls `onChange` with new material when a file has changed, and `onBroken` where it is unusable. */
export function watchTls(
  files: TlsFiles,
  onChange: (material: TlsMaterial) => void,
  onBroken: (sentence: string) => void,
): () => void {
  let stamp = stampOf(files);
  let checkedAt = 0;
  return () => {
    const now = Date.now();
    if (now - checkedAt < CHECK_MS) return;
    checkedAt = now;
    const current = stampOf(files);
    if (current === stamp) return;
    stamp = current;
    try {
      onChange(readTls(files));
    } catch (error) {
      // The old certificate stays in use: a half-written file must not take the agent away.
      onBroken(errorText(error));
    }
  };
}

function stampOf(files: TlsFiles): string {
  return [files.certFile, files.keyFile, files.clientCaFile]
    .map((file) => {
      const stat = statSync(file, { throwIfNoEntry: false });
      return stat === undefined ? 'gone' : `${stat.mtimeMs} ${stat.ino} ${stat.size}`;
    })
    .join(' ');
}
