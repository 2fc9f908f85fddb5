/** This process's certificate towards the agents: read from files, again when one of them has changed. */
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import { AgentError, errorText } from '../../core/errors.ts';

export interface ClientTls {
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile: string;
}

export interface ClientMaterial {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca: Buffer;
  /** Made once for all connections: each of its own would cost half a megabyte. */
  readonly secureContext: SecureContext;
}

/** Gives a function that gives the files' contents. @throws AgentError (on a call) where they cannot be read or used. */
export function tlsLoader(files: ClientTls): () => ClientMaterial {
  let stamp = '';
  let material: ClientMaterial | undefined;
  return () => {
    const current = [files.certFile, files.keyFile, files.caFile].map(stampOf).join(' ');
    if (material !== undefined && current === stamp) return material;
    try {
      const fresh = {
        cert: readFileSync(files.certFile),
        key: readFileSync(files.keyFile),
        ca: readFileSync(files.caFile),
      };
      material = { ...fresh, secureContext: createSecureContext({ ...fresh, minVersion: 'TLSv1.2' }) };
    } catch (error) {
      // While files are being replaced they may not fit together: the old ones go on.
      if (material !== undefined) return material;
      const sentence = `the certificate towards the agents (${files.certFile}, ${files.keyFile}, ${files.caFile}) cannot be used`;
      throw new AgentError(`${sentence}: ${errorText(error)}`, error);
    }
    stamp = current;
    return material;
  };
}

function stampOf(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined ? 'gone' : `${stat.mtimeMs}-${stat.ino}-${stat.size}`;
}
