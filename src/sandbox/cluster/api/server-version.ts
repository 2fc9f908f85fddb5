/** The version that the emulator pretends to be. */

/** `v1.18.2` taken apart; `minor` decides what is served. */
export interface ServerVersion {
  text: string;
  major: number;
  minor: number;
}

/** Reads `v1.18.2` or `v1.33.1-gke.5`; throws a sentence for anything else. */
export function parseServerVersion(text: string): ServerVersion {
  const match = /^v(\d+)\.(\d+)\.\d+([-+].*)?$/.exec(text);
  if (match === null) throw new Error(`API server version "${text}" is not understood; give it as v1.18.2.`);
  return { text, major: Number(match[1]), minor: Number(match[2]) };
}

/** The Go release that a Kubernetes minor was built with, where it changes what is printed. */
function goVersion(minor: number): string {
  if (minor <= 18) return 'go1.13.9';
  if (minor <= 22) return 'go1.15.15';
  if (minor <= 26) return 'go1.19.13';
  if (minor <= 30) return 'go1.22.12';
  return 'go1.24.9';
}

/** Whether Go's URL errors put the URL in quotes (from Go 1.14 on; v1.18 is built with 1.13). */
export function quotesUrlErrors(minor: number): boolean {
  return minor >= 19;
}

/** The body of /version. */
export function versionInfo(version: ServerVersion): Record<string, unknown> {
  return {
    major: String(version.major),
    minor: String(version.minor),
    gitVersion: version.text,
    gitCommit: '0000000000000000000000000000000000000000',
    gitTreeState: 'clean',
    buildDate: '2020-01-01T00:00:00Z',
    goVersion: goVersion(version.minor),
    compiler: 'gc',
    platform: 'linux/amd64',
  };
}
