/** A node in memory for recorded hosts: carries out what the agent posts (WRITES.md) and rewrites the recording. */
import { rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HostRecordingInput } from '../../../src/agent/recording.ts';
import { showUnits } from '../../../src/agent/unit-states.ts';

export type Operation =
  | { node: string; op: 'run'; program: string; args: string[] }
  | { node: string; op: 'write'; path: string; content: string; mode: number }
  | { node: string; op: 'remove'; path: string };
export type Answer = { code: number; stdout?: string; stderr?: string } | { error: string; message: string };

export interface EffectsServer {
  readonly url: string;
  readonly file: string;
  /** What was posted, in order. */
  readonly posted: Operation[];
  readonly recording: HostRecordingInput;
  /** Asked first: an answer in place of the usual consequence, undefined to let it take its course. */
  instead: (operation: Operation) => Answer | undefined | Promise<Answer | undefined>;
  /** Writes the recording as it is now. */
  save(): Promise<void>;
  close(): Promise<void>;
}

const UNITS = ['systemctl', ...showUnits()].join(' ');
const SWAP_SHOW = '--property=Id,LoadState,ActiveState,SubState,UnitFileState,FragmentPath,SourcePath,What --no-pager';

/** Starts the node with a recording of its own, kept in `file`. */
export async function startEffects(recording: HostRecordingInput, file: string): Promise<EffectsServer> {
  let saved = 0;
  const write = async (): Promise<void> => {
    saved += 1;
    await writeFile(`${file}.${saved}`, JSON.stringify(recording));
    await rename(`${file}.${saved}`, file);
  };
  let last = Promise.resolve();
  const save = (): Promise<void> => (last = last.then(write));
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const operation = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Operation;
      effects.posted.push(operation);
      const said = (await effects.instead(operation)) ?? carryOut(recording, operation);
      await save();
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(said));
    };
    answer().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const effects: EffectsServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/effects`,
    file,
    posted: [],
    recording,
    instead: () => undefined,
    save,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  await save();
  return effects;
}

/** Gives `mask dev-sda3.swap` of each program that was run and the path of each file that was written. */
export function told(effects: EffectsServer): string[] {
  return effects.posted.map((one) =>
    one.op === 'run' ? [one.program, ...one.args].join(' ') : `${one.op} ${one.path}`,
  );
}

function carryOut({ files, commands }: HostRecordingInput, operation: Operation): Answer {
  if (operation.op === 'write') files[operation.path] = operation.content;
  if (operation.op === 'remove') delete files[operation.path];
  if (operation.op !== 'run') return { code: 0 };
  const [first = '', second = ''] = operation.args;
  const swaps = (files['/proc/swaps'] ?? '').split('\n');
  switch (operation.program === 'systemctl' ? first : operation.program) {
    case 'swapoff':
      files['/proc/swaps'] = swaps.filter((line) => !line.startsWith(`${first} `)).join('\n');
      break;
    case 'swapon':
      files['/proc/swaps'] = [...swaps.filter(Boolean), `${first} partition 27992060 0 -2`, ''].join('\n');
      break;
    case 'mask':
      commands[`systemctl show ${second} ${SWAP_SHOW}`] = {
        stdout: `Id=${second}\nLoadState=masked\nActiveState=inactive\nUnitFileState=masked\n`,
      };
      break;
    case 'unmask':
      commands[`systemctl show ${second} ${SWAP_SHOW}`] = {
        stdout: `Id=${second}\nLoadState=loaded\nActiveState=inactive\nUnitFileState=generated\n`,
      };
      break;
    case 'start':
    case 'restart':
      setUnit({ files, commands } as HostRecordingInput, second, { ActiveState: 'active', SubState: 'running' });
      break;
    case 'ethtool':
      commands[`ethtool -k ${second}`] = features(operation.args[3] ?? '');
      break;
    default:
      break;
  }
  return { code: 0 };
}

/** What `ethtool -k` says of a VXLAN device. */
export function features(state: string): { stdout: string } {
  return {
    stdout: `Features for vxlan.calico:\nrx-checksumming: on\ntx-checksumming: ${state}\n\ttx-checksum-ipv4: off [fixed]\n\ttx-checksum-ip-generic: ${state}\n\ttx-checksum-ipv6: off [fixed]\n`,
  };
}

/** Changes properties of one unit in the one `systemctl show`; a unit that is not there is added. */
export function setUnit(
  { commands }: HostRecordingInput,
  unit: string,
  properties: Readonly<Record<string, string>>,
): void {
  const known = commands[UNITS];
  const text = known !== undefined && 'stdout' in known ? (known.stdout ?? '') : '';
  const blocks = text.split(/\n\s*\n/).filter((block) => block.trim() !== '');
  const at = blocks.findIndex((block) => block.includes(`Id=${unit}\n`));
  const lines = (at < 0 ? `Id=${unit}\nLoadState=loaded` : (blocks[at] ?? '')).trim().split('\n');
  const kept = lines.filter((line) => !Object.keys(properties).includes(line.split('=')[0] ?? ''));
  const block = [...kept, ...Object.entries(properties).map(([key, value]) => `${key}=${value}`)].join('\n');
  if (at < 0) blocks.push(block);
  else blocks[at] = block;
  commands[UNITS] = { stdout: `${blocks.map((one) => one.trim()).join('\n\n')}\n` };
}
