/** Fixes of the recorded incident, proposed and approved in Slack: from *Approve* to the first write, from the last to *verified*. */

import { playFix } from '../demo/fix-scene.ts';
import { playScene } from '../demo/scene.ts';
import { simplePolicy } from '../fix-setup.ts';
import { loadStage, settleHost, stageModel } from '../incidents/nodeport-30080/index.ts';
import { type Platform, startPlatform } from '../platform.ts';
import type { SlackPerson } from '../slack/types.ts';
import { type Figures, median, shown } from './figures.ts';
import { type FixMoments, followFix } from './fix-moments.ts';

/** Its agent answers, so that both fixes can be planned. */
const STAGE = 2;
/** A roll-out of a minute would be waited for in every run; the cluster's own part is a figure of its own. */
const SPEED = 10;

/** One fix, asked for under an answer of its own. `steady`: for so long the product watches it after the first good look, and why. */
interface Fix {
  readonly question: string;
  readonly remediation: string;
  readonly group: string;
  readonly steady: { readonly seconds: number; readonly why: string };
  readonly well: (platform: Platform) => boolean;
}

const FIXES: readonly Fix[] = [
  {
    question: 'diagnose node k8scephnode',
    remediation: 'turn-swap-off',
    group: 'Fix on a node: turn-swap-off',
    steady: { seconds: 12, why: 'a kubelet that dies again does so within its restart interval of 10 s' },
    well: nodeIsReady,
  },
  {
    question: 'why-not-reachable 30080',
    remediation: 'set-calico-ip-autodetection',
    group: 'Fix in the API: set-calico-ip-autodetection',
    steady: { seconds: 25, why: 'an operator that puts an edit back was seen to do so after 20 s' },
    well: daemonSetIsOut,
  },
];

export interface FixRuns {
  readonly runs: number;
  /** Watches every fix so long, instead of as long as an operator would have it. */
  readonly steadySeconds?: number;
}

/** Plays both fixes so many times, each time on the incident as it was, and adds the middle values. */
export async function measureFixes(
  { runs, steadySeconds }: FixRuns,
  figures: Figures,
  say: (line: string) => void,
): Promise<void> {
  const stage = loadStage(STAGE);
  const known: { people?: readonly [SlackPerson, SlackPerson] } = {};
  const platform = await startPlatform({
    state: stage,
    nodes: [...stage.hosts.map((host) => host.node), ...stage.agentless],
    clusterName: 'bench',
    say,
    ...(steadySeconds === undefined ? {} : { env: { KUBEWHY_STEADY_SECONDS: String(steadySeconds) } }),
    fixes: {
      model: stageModel(STAGE),
      speed: SPEED,
      hostNotes: settleHost,
      policy: (slack) => {
        known.people = [slack.addUser({ name: 'asker' }), slack.addUser({ name: 'approver' })];
        return simplePolicy([known.people[1].id]);
      },
    },
  });
  try {
    const { people } = known;
    if (people === undefined) throw new Error('The platform never asked for a policy.');
    const taken = new Map<Fix, FixMoments[]>(FIXES.map((fix) => [fix, []]));
    for (let run = 1; run <= runs; run += 1) {
      if (run > 1) await platform.cluster.load(stage, stageModel(STAGE));
      for (const fix of FIXES) {
        say(`  ${fix.remediation}, ${run} of ${runs}`);
        taken.get(fix)?.push(await measureFix(platform, people, `${fix.remediation}-${run}`, fix));
      }
    }
    for (const [fix, moments] of taken) addFigures(fix, moments, steadySeconds, figures);
  } finally {
    await platform.close();
  }
}

async function measureFix(
  platform: Platform,
  [asker, approver]: readonly [SlackPerson, SlackPerson],
  name: string,
  { question, remediation, well }: Fix,
): Promise<FixMoments> {
  const channel = platform.slack.addChannel({ name, members: [asker.id, approver.id] }).id;
  const scene = await playScene(platform, { user: asker.id, channel }, question);
  const following = followFix(platform, () => well(platform));
  try {
    const request = { channel, rootTs: scene.root.ts, remediation };
    const fix = await playFix(platform, { ...request, requester: asker.id, approvers: [approver.id] });
    if (fix.state !== 'verified') throw new Error(`${remediation} ended as ${fix.state}: ${fix.card.text}`);
    return following.moments(fix.card);
  } finally {
    following.stop();
  }
}

function addFigures(
  { group, steady }: Fix,
  moments: readonly FixMoments[],
  watched: number | undefined,
  figures: Figures,
): void {
  const of = (value: (moment: FixMoments) => number): number | undefined => median(moments.map(value));
  const fastest = Math.min(...moments.map((one) => one.firstWriteMs));
  const slowest = Math.max(...moments.map((one) => one.firstWriteMs));
  const runs =
    moments.length === 1 ? 'one run' : `${moments.length} runs, ${shown(fastest, 'ms')} to ${shown(slowest, 'ms')}`;
  figures.add(
    group,
    'Approve to first write',
    'ms',
    of((one) => one.firstWriteMs),
    { below: 2000, note: runs },
  );
  const writes = moments[0]?.writes ?? 0;
  figures.add(
    group,
    'first to last write',
    'ms',
    of((one) => one.lastWriteMs - one.firstWriteMs),
    { note: `${writes} ${writes === 1 ? 'write' : 'writes'}` },
  );
  figures.add(
    group,
    'last write to cluster well',
    'ms',
    of((one) => Math.max(0, one.wellMs - one.lastWriteMs)),
    { note: `the cluster's own time; the simulated one lives ${SPEED} times faster than a real one` },
  );
  figures.add(
    group,
    'last write to verified',
    'ms',
    of((one) => one.verifiedMs - one.lastWriteMs),
    { note: 'until the card shows it' },
  );
  figures.add(
    group,
    'cluster well to verified',
    'ms',
    of((one) => one.verifiedMs - one.wellMs),
    { note: `watched on purpose for ${watched ?? steady.seconds} s of it: ${steady.why}` },
  );
}

function nodeIsReady({ cluster }: Platform): boolean {
  const node = cluster.api.objects.get({ apiVersion: 'v1', kind: 'Node', name: 'k8scephnode' });
  const { conditions } = (node?.['status'] ?? {}) as { conditions?: { type?: string; status?: string }[] };
  return conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
}

/** calico-node is Ready only where its BGP sessions are established. */
function daemonSetIsOut({ cluster }: Platform): boolean {
  const ref = { apiVersion: 'apps/v1', kind: 'DaemonSet', namespace: 'kube-system', name: 'calico-node' };
  const set = cluster.api.objects.get(ref);
  const status = (set?.['status'] ?? {}) as Readonly<Record<string, number | undefined>>;
  const { desiredNumberScheduled: desired, updatedNumberScheduled: updated, numberAvailable: available } = status;
  return set?.metadata['generation'] === status['observedGeneration'] && desired === updated && desired === available;
}
