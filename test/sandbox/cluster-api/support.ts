/** Starts the emulator over the small cluster, and talks to it with the real clients. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { type ApiServer, type ApiServerOptions, startApiServer } from '../../../src/sandbox/cluster/api/server.ts';
import { RECORDED_AT, smallCluster } from './fixtures.ts';

/** A running emulator and a folder of its own for kubeconfigs and kubectl's cache. */
export interface Running {
  api: ApiServer;
  config(identity?: string): KubeConfig;
  kubectl(args: string, identity?: string): Promise<{ code: number; stdout: string; stderr: string }>;
  stop(): Promise<void>;
}

/** Starts it with the fixture's times shifted to the present. */
export async function start(options: Partial<ApiServerOptions> = {}): Promise<Running> {
  const api = await startApiServer({
    version: 'v1.18.2',
    objects: smallCluster(),
    timeShiftMs: Date.now() - RECORDED_AT,
    ...options,
  });
  const home = await mkdtemp(join(tmpdir(), 'kubewhy-api-'));
  return {
    api,
    config: (identity) => {
      const config = new KubeConfig();
      config.loadFromString(api.kubeconfig(identity));
      return config;
    },
    kubectl: async (args, identity) => {
      const kubeconfig = join(home, `kubeconfig-${identity ?? 'admin'}`);
      await writeFile(kubeconfig, api.kubeconfig(identity), { mode: 0o600 });
      return runKubectl(args.split(' '), { KUBECONFIG: kubeconfig, HOME: home, PATH: process.env['PATH'] ?? '' });
    },
    stop: async () => {
      await api.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

function runKubectl(
  args: string[],
  env: Record<string, string>,
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile('kubectl', args, { env, timeout: 20_000, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

/** Whether a real kubectl can be run here. */
export async function hasKubectl(): Promise<boolean> {
  const { code } = await runKubectl(['version', '--client'], { PATH: process.env['PATH'] ?? '', HOME: tmpdir() });
  return code === 0;
}
