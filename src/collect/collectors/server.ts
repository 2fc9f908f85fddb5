/** The API server itself: version, groups, its own health checks, leader leases. */
import { z } from 'zod';
import { ClusterError } from '../../core/errors.ts';
import type { Context, Groups } from '../context.ts';
import { getOrUndefined } from '../lists.ts';
import { toLease } from '../objects/node.ts';
import { list, opt, pruned, RawMeta } from '../objects/raw.ts';

const RawVersion = z.object({ gitVersion: z.string(), major: opt(z.string()), minor: opt(z.string()) });

/**
 * Reads `/version`; gives the minor version.
 * @throws ClusterError where the API server cannot be reached or refuses these credentials: nothing else could be read either.
 */
export async function readVersion({ cluster, gather, signal }: Context): Promise<number | undefined> {
  let fatal: ClusterError | undefined;
  const value = await gather.read({ kind: 'server-version', command: 'kubectl version' }, async () => {
    try {
      const { gitVersion, major, minor } = RawVersion.parse(await cluster.read({ path: '/version' }, signal));
      const parts = /^v?(\d+)\.(\d+)/.exec(gitVersion);
      return {
        version: gitVersion,
        major: Number.parseInt(major ?? parts?.[1] ?? '', 10) || 1,
        minor: Number.parseInt(minor ?? parts?.[2] ?? '', 10) || Number(parts?.[2] ?? 0),
      };
    } catch (error) {
      fatal = fatalOf(error);
      throw error;
    }
  });
  if (fatal !== undefined) throw fatal;
  return value?.minor;
}

/** `/version` needs neither etcd nor rights: a server that does not answer even that is as good as not there. */
function fatalOf(error: unknown): ClusterError | undefined {
  if (!(error instanceof ClusterError)) return undefined;
  if (error.code === 'timeout') return new ClusterError('unreachable', error.message, error.status, error);
  return error.code === 'unreachable' || error.code === 'unauthorised' ? error : undefined;
}

const RawGroups = z.object({
  groups: list(z.object({ name: z.string(), versions: list(z.object({ version: z.string() })) })),
});

/** Reads discovery: which API groups there are and in which versions. */
export async function readGroups({ cluster, signal }: Context): Promise<Groups> {
  try {
    const { groups } = RawGroups.parse(await cluster.read({ path: '/apis' }, signal));
    return new Map(groups.map((group) => [group.name, group.versions.map((entry) => entry.version)]));
  } catch {
    // Discovery only chooses between names of the same thing; each read then says itself that it failed.
    return undefined;
  }
}

/** Reads `/readyz?verbose` and times a trivial read (facts §5.2). */
export async function collectApiHealth({ cluster, gather, signal, clock }: Context): Promise<void> {
  await gather.read({ kind: 'api-health', command: "kubectl get --raw '/readyz?verbose'" }, async () => {
    const [text, latencyMs] = await Promise.all([
      cluster.read({ path: '/readyz', query: { verbose: 'true' }, as: 'text', accept: [500, 503] }, signal),
      timed(clock, () => cluster.read({ path: '/api/v1/namespaces/default' }, signal)),
    ]);
    const checks = [...String(text).matchAll(/^\[([+-])\](\S+)/gm)].map((match) => ({
      name: match[2] ?? '',
      ok: match[1] === '+',
    }));
    const failed = checks.some((check) => !check.ok) || /check failed/.test(String(text));
    return { ok: !failed, checks: checks.slice(0, 200), latencyMs };
  });
}

async function timed(clock: Context['clock'], work: () => Promise<unknown>): Promise<number> {
  const start = clock.now();
  await work();
  return Math.max(0, Math.round(clock.now() - start));
}

const COMPONENTS = ['kube-controller-manager', 'kube-scheduler'] as const;
const LEADER = 'control-plane.alpha.kubernetes.io/leader';
const RawLeader = z.object({
  holderIdentity: opt(z.string()),
  leaseDurationSeconds: opt(z.number()),
  renewTime: opt(z.string()),
  leaderTransitions: opt(z.number()),
});

/** Reads who leads: a Lease, or the annotation of an Endpoints object (the default before v1.20). */
export async function collectLeaderLeases({ cluster, gather, signal }: Context): Promise<void> {
  const command = `kubectl -n kube-system get leases ${COMPONENTS.join(' ')} -o yaml`;
  await gather.read({ kind: 'leader-leases', command }, async () => {
    const found = await Promise.all(
      COMPONENTS.map(async (component) => {
        const path = `/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/${component}`;
        const raw = await getOrUndefined(cluster, path, signal);
        if (raw !== undefined) {
          const { name: _, ...lease } = toLease(raw);
          return { component, ...lease };
        }
        const object = await getOrUndefined(cluster, `/api/v1/namespaces/kube-system/endpoints/${component}`, signal);
        return object === undefined ? undefined : { component, ...fromAnnotation(object) };
      }),
    );
    return found.filter((entry) => entry !== undefined);
  });
}

function fromAnnotation(object: unknown) {
  const { annotations } = z.object({ metadata: RawMeta }).parse(object).metadata;
  let record: unknown;
  try {
    record = JSON.parse(annotations[LEADER] ?? '{}');
  } catch {
    record = {};
  }
  const leader = RawLeader.parse(record);
  return pruned({
    holder: leader.holderIdentity,
    renewTime: leader.renewTime,
    durationSeconds: leader.leaseDurationSeconds,
    transitions: leader.leaderTransitions,
  });
}
