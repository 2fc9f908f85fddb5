/** What must hold of every fix, however it went: done once at most, told once, and the cluster is as the record claims. */

import { loadTrust } from '../../src/adapters/keys/keys.ts';
import { createLog } from '../../src/adapters/log.ts';
import { readAudit } from '../../src/adapters/store/audit.ts';
import { verifyAudit } from '../../src/core/audit-verify.ts';
import type { FixRecord } from '../../src/core/fix.ts';
import { renderFix } from '../../src/report/index.ts';
import type { Platform } from '../../src/sandbox/platform.ts';
import type { StoredMessage } from '../../src/sandbox/slack/types.ts';
import { cardOf, labelOf, messagesOf, type Thread } from './fix-person.ts';
import { writesOf } from './fix-watch.ts';

const TWICE = 'may stand here twice';
/** For so long a thread may lag behind its record once all is back. */
const TELLING_MS = 60_000;

/** How much there was at the API server and on machines when a fix began. */
export interface Before {
  readonly writes: number;
  readonly effects: number;
  readonly generation: number;
}

export function before(platform: Platform): Before {
  return {
    writes: writesOf(platform).length,
    effects: platform.cluster.effects.effects.length,
    generation: generationOf(platform),
  };
}

function calicoNode({ cluster }: Platform) {
  for (const kind of cluster.api.objects.kinds())
    for (const object of kind.all())
      if (object.kind === 'DaemonSet' && object.metadata.name === 'calico-node') return object;
  throw new Error('there is no calico-node');
}

function generationOf(platform: Platform): number {
  return Number((calicoNode(platform).metadata as { generation?: number }).generation ?? 0);
}

/** What of each kind of fix stands in the cluster now. */
function stands(platform: Platform, remediation: string, nodeName: string): boolean {
  if (remediation === 'set-calico-ip-autodetection')
    return JSON.stringify(calicoNode(platform)).includes('"IP_AUTODETECTION_METHOD"');
  const node = platform.cluster.living.model().nodes.find(({ name }) => name === nodeName);
  if (remediation === 'turn-swap-off') return node?.swap?.active === false;
  return node?.swap?.masked === true;
}

/** What happened since `was`, that nothing but this fix can have done. */
export interface Deeds {
  readonly writes: readonly string[];
  readonly effects: readonly string[];
  readonly generations: number;
}

export function deeds(platform: Platform, was: Before): Deeds {
  return {
    writes: writesOf(platform)
      .slice(was.writes)
      .map(({ object }) => object),
    effects: platform.cluster.effects.effects
      .slice(was.effects)
      .map((one) => `${one.node} ${one.op === 'run' ? [one.program, ...one.args].join(' ') : `${one.op} ${one.path}`}`),
    generations: generationOf(platform) - was.generation,
  };
}

const UNTOUCHED = new Set(['shown', 'refused', 'void', 'expired', 'denied', 'withdrawn']);

/** Gives each rule that a fix has broken, one sentence each. `lost`: Redis has lost acknowledged writes in this cluster's time. */
export function faultsOf(
  platform: Platform,
  record: FixRecord,
  done: Deeds,
  { node, lost }: { readonly node: string; readonly lost: boolean },
): string[] {
  const { state, remediation, mode } = record;
  const faults = twiceFaults(done);
  const touched = done.writes.length + done.effects.length > 0;
  if (touched && !says(record))
    faults.push(`it is ${state}, and its record does not tell of ${[...done.writes, ...done.effects].join(', ')}`);
  if (state !== 'verified') return faults;
  const is = stands(platform, remediation, node);
  if (is !== (mode !== 'undo')) faults.push(`verified, and ${remediation} ${is ? 'stands' : 'does not stand'}`);
  const found = record.progress.some((one) => one.state === 'already');
  if (!touched && !lost && !found) faults.push('verified, and nothing was done');
  return faults;
}

function twiceFaults({ writes, effects, generations }: Deeds): string[] {
  const all = [...writes, ...effects];
  const faults = new Set<string>();
  for (const deed of all) {
    const times = all.filter((other) => other === deed).length;
    if (times > 1) faults.add(`done ${times} times: ${deed}`);
  }
  if (generations > 1) faults.add(`the generation of calico-node moved by ${generations}`);
  return [...faults];
}

/** True where the record tells that something was changed, or may have been. */
function says({ state, progress }: FixRecord): boolean {
  if (state === 'verified') return true;
  if (UNTOUCHED.has(state)) return false;
  return progress.some((one) => ['done', 'already', 'unknown', 'failed'].includes(one.state));
}

/** Of a fix whose record is gone: nothing may have been done. */
export function goneFaults({ writes, effects }: Deeds): string[] {
  return [...writes, ...effects].map((deed) => `its record is gone, and there was ${deed}`);
}

/**
 * What is wrong with how the thread tells it; waits until the thread has caught up. Without `history` a message that Slack did
 * not confirm may stand there twice and says so; where what was posted is lost with Redis, nobody knows that it may.
 */
export async function threadFaults(
  thread: Thread,
  record: FixRecord,
  { history, lost }: { readonly history: boolean; readonly lost: boolean },
): Promise<string[]> {
  const wanted = renderFix(record, { language: record.language });
  const own = (): StoredMessage[] => messagesOf(thread).filter((message) => labelOf(message)?.id === record.id);
  const missing = (): string[] => {
    const keys = own().map((message) => labelOf(message)?.key);
    const card = cardOf(thread, record.id);
    return [
      ...(card?.text.includes(wanted.card.text) === true
        ? []
        : [`the card says "${card?.text.slice(0, 300)}" and not "${wanted.card.text.slice(0, 300)}"`]),
      ...wanted.messages.filter(({ key }) => !keys.includes(key)).map(({ key }) => `the thread lacks ${key}`),
    ];
  };
  await thread.slack.waitFor(() => missing().length === 0, TELLING_MS).catch(() => undefined);
  const faults = missing();
  const seen = new Set<string>();
  for (const message of own()) {
    const key = labelOf(message)?.key ?? '';
    if (seen.has(key) && !lost) {
      const says = JSON.stringify(message.blocks).includes(TWICE);
      if (history || !says) faults.push(`stands twice: ${key}${says ? '' : ', without saying so'}`);
    }
    seen.add(key);
  }
  return faults;
}

/** Verifies the audit log; gives what is wrong with it. */
export async function auditFaults(platform: Platform, redis: Thread['watch']['redis']): Promise<string[]> {
  const verifier = loadTrust(platform.env['KUBEWHY_TRUST'] ?? '');
  const log = createLog('test', 'error', { write: () => undefined });
  const all = await readAudit(redis, verifier, log).all();
  return verifyAudit(all, verifier).problems.map(({ fault, seq }) => `audit entry ${seq}: ${fault}`);
}
