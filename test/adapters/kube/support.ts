/** A running API server emulator, kubeconfigs in a folder of their own, and a reader over them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ClusterReaderOptions,
  createClusterReader,
  type KubeReader,
} from '../../../src/adapters/kube/cluster-reader.ts';
import { createClusterWriter, type KubeWriter } from '../../../src/adapters/kube/cluster-writer.ts';
import { type ApiServer, type ApiServerOptions, startApiServer } from '../../../src/sandbox/cluster/api/server.ts';

export interface Bench {
  readonly api: ApiServer;
  /** Writes a file; gives its path. */
  file(name: string, content: string): Promise<string>;
  reader(options?: ClusterReaderOptions & { identity?: string }): Promise<KubeReader>;
  writer(options?: ClusterReaderOptions & { identity?: string }): Promise<KubeWriter>;
  stop(): Promise<void>;
}

export const IDENTITIES = {
  nobody: { user: 'nobody', groups: [], allow: [{ verbs: ['get'], nonResourceURLs: ['/version'] }] },
};

/** Starts the emulator over some objects. */
export async function startBench(options: Partial<ApiServerOptions> = {}): Promise<Bench> {
  const api = await startApiServer({ version: 'v1.29.3', objects: [], identities: IDENTITIES, ...options });
  const folder = await mkdtemp(join(tmpdir(), 'kubewhy-kube-'));
  const readers: KubeReader[] = [];
  const file = async (name: string, content: string) => {
    const path = join(folder, name);
    await writeFile(path, content, { mode: 0o600 });
    return path;
  };
  return {
    api,
    file,
    reader: async ({ identity, ...rest } = {}) => {
      const kubeconfig = rest.kubeconfig ?? (await file(`config-${identity ?? 'admin'}`, api.kubeconfig(identity)));
      const reader = await createClusterReader({ ...rest, kubeconfig });
      readers.push(reader);
      return reader;
    },
    writer: async ({ identity, ...rest } = {}) => {
      const kubeconfig = rest.kubeconfig ?? (await file(`config-${identity ?? 'admin'}`, api.kubeconfig(identity)));
      const writer = await createClusterWriter({ ...rest, kubeconfig });
      readers.push(writer);
      return writer;
    },
    stop: async () => {
      for (const reader of readers) reader.close();
      await api.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
