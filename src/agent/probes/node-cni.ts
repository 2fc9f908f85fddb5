/** Probe: the CNI configuration files in the order in which the container runtime reads them. */
import type { EvidenceValue } from '../../core/evidence/kinds.ts';
import { type Host, HostError } from '../host.ts';
import { orMissing, type Probe, readText } from '../probe.ts';

const FOLDER = '/etc/cni/net.d';
/** The endings that libcni loads. */
const ENDINGS = /\.(conf|conflist|json)$/;
type File = EvidenceValue<'node-cni'>['files'][number];

export const nodeCni: Probe<'node-cni'> = {
  kind: 'node-cni',
  command: () => `ls ${FOLDER}`,
  read: async (host) => {
    const names = (await orMissing(host.readDir(FOLDER))) ?? [];
    const files: File[] = [];
    for (const name of names.filter((file) => ENDINGS.test(file)).sort()) files.push(await fileOf(host, name));
    return { files };
  },
};

async function fileOf(host: Host, file: string): Promise<File> {
  try {
    const config: unknown = JSON.parse(await readText(host, `${FOLDER}/${file}`));
    if (typeof config !== 'object' || config === null) return { file, plugins: [], error: 'it holds no JSON object' };
    const { name, type, plugins } = config as Record<string, unknown>;
    const list: unknown[] = Array.isArray(plugins) ? plugins : [{ type }];
    return {
      file,
      ...(typeof name === 'string' ? { network: name } : {}),
      plugins: list.map(typeOf).filter((one) => one !== ''),
    };
  } catch (error) {
    if (error instanceof HostError) return { file, plugins: [], error: error.message };
    return { file, plugins: [], error: 'it is no valid JSON' };
  }
}

function typeOf(plugin: unknown): string {
  const type = typeof plugin === 'object' && plugin !== null && 'type' in plugin ? plugin.type : undefined;
  return typeof type === 'string' ? type : '';
}
