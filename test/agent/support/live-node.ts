/** A live machine in a folder: its files below a root, its systemctl a script that keeps the units' states in files. */
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Host } from '../../../src/agent/host.ts';
import { createLiveHost } from '../../../src/agent/live-host.ts';
import { createLiveStepHost } from '../../../src/agent/live-step-host.ts';
import type { StepHost } from '../../../src/agent/step-host.ts';

export interface LiveNode {
  readonly root: string;
  readonly bin: string;
  readonly host: Host;
  readonly effects: StepHost;
  write(path: string, content: string | Buffer, mode?: number): Promise<void>;
  read(path: string): Promise<string>;
  /** What systemctl was told, one command a line. */
  told(): Promise<string[]>;
  remove(): Promise<void>;
}

export async function makeLiveNode(): Promise<LiveNode> {
  const folder = await mkdtemp(join(tmpdir(), 'kubewhy-live-'));
  const [root, bin] = [join(folder, 'root'), join(folder, 'bin')];
  const write: LiveNode['write'] = async (path, content, mode = 0o644) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
    await chmod(join(root, path), mode);
  };
  await mkdir(bin);
  await mkdir(root);
  await writeFile(join(folder, 'kubelet.service'), 'activating');
  await writeFile(join(folder, 'log'), '');
  await writeFile(join(bin, 'systemctl'), script(folder), { mode: 0o755 });
  const live = createLiveHost([bin]);
  return {
    root,
    bin,
    host: {
      ...live,
      readFile: (path, maxBytes) => live.readFile(join(root, path), maxBytes),
      readDir: (path) => live.readDir(join(root, path)),
    },
    effects: createLiveStepHost({ root, folders: [bin] }),
    write,
    read: (path) => readFile(join(root, path), 'utf8'),
    told: async () => (await readFile(join(folder, 'log'), 'utf8')).split('\n').filter(Boolean),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

function script(folder: string): string {
  return `#!/bin/sh
cd '${folder}' || exit 9
case "$1" in
show) printf 'Id=kubelet.service\\nLoadState=loaded\\nActiveState=%s\\nSubState=x\\nNRestarts=0\\n' "$(cat kubelet.service)"; exit 0 ;;
esac
echo "$*" >> log
case "$1" in
restart) printf active > kubelet.service ;;
mask) echo "Failed to mask unit: Access denied" >&2; exit 1 ;;
esac
`;
}
