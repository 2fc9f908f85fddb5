/** A host whose reads are given by the test; what is not given does not exist. */
import { type Host, HostError } from '../../../src/agent/host.ts';

export function fakeHost(reads: Partial<Host>): Host {
  const missing = (what: string) => (): Promise<never> =>
    Promise.reject(new HostError('not-found', `${what} failed: it does not exist`));
  return {
    readFile: missing('reading'),
    readDir: missing('reading'),
    readLink: missing('reading'),
    statFs: missing('reading'),
    run: missing('running'),
    connect: () => Promise.resolve({ result: 'timeout', ms: 0 }),
    unix: missing('asking'),
    http: missing('GET'),
    now: () => Date.UTC(2026, 0, 1),
    ...reads,
  };
}

/** Files by path. */
export function filesHost(files: Readonly<Record<string, string>>, more: Partial<Host> = {}): Host {
  return fakeHost({
    readFile: (path) =>
      files[path] === undefined
        ? Promise.reject(new HostError('not-found', `reading ${path} failed: it does not exist`))
        : Promise.resolve(files[path]),
    readDir: (folder) => {
      const names = Object.keys(files)
        .filter((path) => path.startsWith(`${folder}/`))
        .map((path) => path.slice(folder.length + 1).split('/')[0] ?? '');
      if (names.length === 0) return Promise.reject(new HostError('not-found', `reading ${folder} failed`));
      return Promise.resolve([...new Set(names)]);
    },
    ...more,
  });
}
