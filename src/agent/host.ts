/** The machine as probes see it: a handful of reads. The live host and a recorded one implement the same interface. */

/** Programs that a probe may run, by absolute meaning and never through a shell. */
export const PROGRAMS = [
  'ip',
  'iptables-save',
  'ip6tables-save',
  'nft',
  'systemctl',
  'journalctl',
  'lsblk',
  'timedatectl',
  'ethtool',
] as const;
export type Program = (typeof PROGRAMS)[number];

export interface Limits {
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** True where the output was cut at `maxBytes`. */
  readonly truncated: boolean;
}

export interface ConnectResult {
  readonly result: 'open' | 'refused' | 'timeout' | 'no-route' | 'error';
  readonly ms: number;
  readonly detail?: string;
}

export interface FileSystemSize {
  readonly sizeKiB: number;
  readonly availableKiB: number;
  readonly inodes: number;
  readonly inodesFree: number;
}

/** Reads that fail throw a HostError whose message is one sentence. */
export interface Host {
  readFile(path: string, maxBytes: number): Promise<string>;
  readDir(path: string): Promise<string[]>;
  readLink(path: string): Promise<string>;
  statFs(path: string): Promise<FileSystemSize>;
  run(program: Program, args: readonly string[], limits: Limits): Promise<RunResult>;
  /** TCP connect without payload from the host's own network namespace. */
  connect(address: string, port: number, timeoutMs: number): Promise<ConnectResult>;
  /** Sends one request to a unix stream socket and gives what comes back until it is quiet or closed. */
  unix(path: string, request: string, limits: Limits): Promise<string>;
  /** `GET` on a loopback address of the host. */
  http(url: string, limits: Limits): Promise<{ readonly status: number; readonly body: string }>;
  /** Milliseconds since 1970 by the host's clock. */
  now(): number;
}

export type HostErrorCode = 'not-found' | 'denied' | 'refused' | 'timeout' | 'too-large' | 'failed';

export class HostError extends Error {
  readonly code: HostErrorCode;

  constructor(code: HostErrorCode, message: string) {
    super(message);
    this.name = 'HostError';
    this.code = code;
  }
}
