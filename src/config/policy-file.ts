/** The policy's file as it is now: the file is read again when it has changed, and while it is broken nobody may approve anything. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { errorText } from '../core/errors.ts';
import type { FixPolicy } from '../core/policy.ts';
import { ConfigError } from './fields.ts';
import { parsePolicy } from './policy-text.ts';

/** A policy of a thousand rules is smaller. */
const MOST_BYTES = 256 * 1024;

export interface PolicySource {
  /** Gives the policy, or undefined while the file is missing or wrong. Cheap: the file is looked at, and read only when it changed. */
  current(): FixPolicy | undefined;
  /** What is wrong with the file now, one sentence each; empty where nothing is. */
  problems(): readonly string[];
}

export interface PolicyEvents {
  /** Called once for each new state of the file that cannot be used. */
  readonly onProblem: (problems: readonly string[]) => void;
  /** Called when a changed file was read. */
  readonly onRead?: (policy: FixPolicy) => void;
}

/**
 * Reads a policy once. `remediationIds`: every name that a rule may use.
 * @throws ConfigError with one sentence for each mistake: `KUBEWHY_POLICY policy.yaml line 7: rules[0].approvers: …`.
 */
export function readPolicyFile(path: string, remediationIds: readonly string[]): FixPolicy {
  let text: string;
  try {
    text = readBounded(path);
  } catch (error) {
    throw new ConfigError([`KUBEWHY_POLICY ${path} cannot be read: ${errorText(error)}.`]);
  }
  return parsePolicy(text, basename(path), remediationIds);
}

/** Watches a policy file by looking at it whenever somebody asks: no timer, and no event that could be missed. */
export function policySource(path: string, remediationIds: readonly string[], events: PolicyEvents): PolicySource {
  let seen: string | undefined;
  let policy: FixPolicy | undefined;
  let problems: readonly string[] = [];
  const look = (): void => {
    const state = stateOf(path);
    if (state === seen) return;
    seen = state;
    try {
      policy = readPolicyFile(path, remediationIds);
      problems = [];
      events.onRead?.(policy);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      policy = undefined;
      problems = error.problems;
      events.onProblem(problems);
    }
  };
  return {
    current() {
      look();
      return policy;
    },
    problems() {
      look();
      return problems;
    },
  };
}

/** Changes with the file, also where a mounted ConfigMap is replaced as a whole or two writes fall into one tick. */
function stateOf(path: string): string {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch {
    return 'missing';
  }
}

function readBounded(path: string): string {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(MOST_BYTES + 1);
    let length = 0;
    for (let got = -1; got !== 0 && length < buffer.length; length += got)
      got = readSync(file, buffer, length, buffer.length - length, null);
    if (length > MOST_BYTES) throw new Error(`it has more than ${MOST_BYTES / 1024} KiB`);
    return buffer.toString('utf8', 0, length);
  } finally {
    closeSync(file);
  }
}
