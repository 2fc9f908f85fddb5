/** The form of a recorded host: what the files, programs and sockets of one machine answered at one moment. */
import { z } from 'zod';

const failure = z.object({
  error: z.enum(['not-found', 'denied', 'refused', 'timeout', 'failed']),
  message: z.string(),
});

/**
 * A recorded host. Keys are exact: a file's path, a program with its arguments joined by one space, a socket's path,
 * a URL. What is not recorded answers `not-found`; a connect that is not recorded answers `connectDefault`.
 */
export const HostRecording = z.object({
  version: z.literal(1),
  node: z.string(),
  /** The host's clock when it was recorded, RFC 3339. */
  recordedAt: z.string(),
  files: z.record(z.string(), z.string()),
  /** Symbolic links: path to target (`/proc/812/fd/5` to `socket:[1234]`). Folders follow from the paths of files and links. */
  links: z.record(z.string(), z.string()).default({}),
  fileSystems: z
    .record(
      z.string(),
      z.object({ sizeKiB: z.number(), availableKiB: z.number(), inodes: z.number(), inodesFree: z.number() }),
    )
    .default({}),
  commands: z.record(
    z.string(),
    z.union([
      failure,
      z.object({ code: z.number().default(0), stdout: z.string().default(''), stderr: z.string().default('') }),
    ]),
  ),
  connects: z.record(
    z.string(),
    z.object({
      result: z.enum(['open', 'refused', 'timeout', 'no-route', 'error']),
      ms: z.number(),
      detail: z.string().optional(),
    }),
  ),
  connectDefault: z.object({
    result: z.enum(['open', 'refused', 'timeout', 'no-route', 'error']),
    ms: z.number(),
    detail: z.string().optional(),
  }),
  /** Unix sockets: what each request (without its newline) is answered. */
  sockets: z
    .record(z.string(), z.union([failure, z.object({ answers: z.record(z.string(), z.string()) })]))
    .default({}),
  http: z.record(z.string(), z.union([failure, z.object({ status: z.number(), body: z.string() })])).default({}),
});
export type HostRecording = z.infer<typeof HostRecording>;
/** The form in which a recording is written; defaults may be left out. */
export type HostRecordingInput = z.input<typeof HostRecording>;
