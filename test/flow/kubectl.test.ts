/** What a real kubectl shows of the recorded cluster, held against the listings of the incident's text, ages included. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { loadStage, type StageNumber } from '../../src/sandbox/incidents/nodeport-30080/index.ts';
import { type RecordedCluster, startRecordedCluster } from '../../src/sandbox/recorded-cluster.ts';
import { hasKubectl, NO_KUBECTL } from '../sandbox/cluster-api/support.ts';
import { HAS_TEXT, incidentLine, NO_TEXT } from '../sandbox/incidents/strings.ts';

const available = await hasKubectl();

const CONTROLLERS = 'calico-kube-controllers-5fc5dbfc47-4wkpw';

/** Listings whose moment is that of a stage: they are shown as they stand in the text. */
const LISTINGS: readonly { stage: StageNumber; command: string; lines: readonly [number, number] }[] = [
  { stage: 1, command: 'get nodes', lines: [78, 81] },
  { stage: 1, command: 'describe node k8scephnode', lines: [121, 189] },
  { stage: 1, command: 'describe pod -n kube-system calico-node-96bpx', lines: [376, 391] },
  { stage: 4, command: `describe pod -n kube-system ${CONTROLLERS}`, lines: [474, 531] },
  { stage: 4, command: `logs -n kube-system ${CONTROLLERS}`, lines: [544, 560] },
];

/** Listings of another moment: the stage's ages are others. Everything but the column AGE is there all the same. */
const OTHER_MOMENTS: readonly {
  name: string;
  stage: StageNumber;
  command: string;
  lines: readonly [number, number];
  why: string;
}[] = [
  {
    name: 'get pod -n ci',
    stage: 1,
    command: 'get pod -n ci -o wide',
    lines: [50, 51],
    why: 'made around 2020-05-23 (28d, with 29d and 13d in the listing after it), stage 1 is 2020-05-27',
  },
  { name: 'get svc -n ci', stage: 1, command: 'get svc -n ci -o wide', lines: [53, 54], why: 'the same 2020-05-23' },
  {
    name: 'get ep jenkins-svc',
    stage: 1,
    command: 'get ep jenkins-svc -n ci -o wide',
    lines: [63, 64],
    why: 'the same 2020-05-23',
  },
  {
    name: 'get pod of all namespaces, with k8scephnode',
    stage: 1,
    command: 'get pod -o wide --all-namespaces',
    lines: [91, 110],
    why: 'the same 2020-05-23: before Prometheus was installed, whose Pods stage 1 has besides',
  },
  {
    name: 'get pod of all namespaces, without k8scephnode',
    stage: 1,
    command: 'get pod -o wide --all-namespaces',
    lines: [350, 363],
    why: 'an hour and more after stage 1 (17h and 42h, stage 1 has 15h and 41h), when k8scephnode had been deleted',
  },
];

/** Left out altogether, by name. */
const LEFT_OUT = [
  ['get nodes -o wide, line 291', 291, 'swap had been turned off by hand: no stage has k8scephnode Ready'],
  [
    'the event of calico-node-96bpx, line 394',
    394,
    '2m4s after 03:45:40 UTC; the Pod is gone in stage 3, and stages 1 and 2 are an hour earlier',
  ],
] as const;

describe('kubectl on the recorded cluster', () => {
  beforeEach(({ skip }) => {
    skip(!available, NO_KUBECTL);
    skip(!HAS_TEXT, NO_TEXT);
  });
  let folder: string;
  let cluster: RecordedCluster;
  let loaded: StageNumber | undefined;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kubewhy-kubectl-'));
    cluster = await startRecordedCluster(join(folder, 'cluster'), { ...loadStage(1), hosts: [] }, []);
    loaded = 1;
  });
  afterAll(async () => {
    await cluster?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function kubectl(stage: StageNumber, command: string): Promise<string> {
    if (loaded !== stage) await cluster.load({ ...loadStage(stage), hosts: [] });
    loaded = stage;
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      KUBECONFIG: cluster.kubeconfigFile,
      TZ: 'Asia/Shanghai',
    };
    return new Promise((resolve, reject) => {
      execFile('kubectl', command.split(' '), { env, timeout: 25_000 }, (error, stdout) =>
        error === null ? resolve(stdout) : reject(error),
      );
    });
  }

  test.each(LISTINGS)(
    'stage $stage: kubectl $command, lines $lines',
    { timeout: 60_000 },
    async ({ stage, command, lines }) => {
      const shown = asThen(await kubectl(stage, command), textOf(lines));
      const rows = shown.split('\n').map(plain);
      for (const line of textOf(lines)) {
        const wanted = plain(line);
        // The text's first line of the log was cut by the terminal.
        const found = line === incidentLine(544) ? rows.some((row) => row.endsWith(wanted)) : rows.includes(wanted);
        expect(found, `"${wanted}" in:\n${rows.join('\n')}`).toBe(true);
      }
    },
  );

  test.each(OTHER_MOMENTS)(
    'stage $stage: $name without its ages ($why)',
    { timeout: 60_000 },
    async ({ stage, command, lines }) => {
      const [head = '', ...rows] = (await kubectl(stage, command)).split('\n');
      const [wantedHead = '', ...wanted] = textOf(lines);
      expect(plain(head)).toBe(plain(wantedHead));
      const shown = rows.map((row) => withoutAge(head, row));
      for (const line of wanted) expect(shown).toContain(withoutAge(wantedHead, line));
      // Were it of this moment, it would belong to the listings above.
      const ages = new Set(rows.map(plain));
      expect(wanted.every((line) => ages.has(plain(line)))).toBe(false);
    },
  );

  test.each(LEFT_OUT)('left out: %s', (_, line, why) => {
    expect(incidentLine(line).length, why).toBeGreaterThan(20);
  });
});

function textOf([from, to]: readonly [number, number]): string[] {
  return Array.from({ length: to - from + 1 }, (_, i) => incidentLine(from + i)).filter((line) => line.trim() !== '');
}

/** Columns are as wide as their widest cell, and clients of other versions word a few things otherwise: both count for nothing. */
function plain(line: string): string {
  return (
    line
      .trim()
      .replace(/\s+/g, ' ')
      .replace(/^[- ]+$/, '---')
      // kubectl v1.18 wrote AGE, the operator only where it is Equal, and the host behind an event's component.
      .replace(/ Age$/, ' AGE')
      .replace(/ op=Exists\b/, '')
      .replace(/ kubelet, \w+ /, ' kubelet ')
  );
}

function withoutAge(head: string, row: string): string {
  const at = plain(head).split(' ');
  // Of the headings before it only EXTERNAL-IP and the like are one word each; so are all cells before AGE.
  const column = at.indexOf('AGE');
  return plain(row)
    .split(' ')
    .filter((_, i) => i !== column)
    .join(' ');
}

const DATE = /\w{3}, \d\d \w{3} \d{4} [\d:]{8} \+0800/g;
const LOG_DATE = /^\d{4}-\d\d-\d\d [\d:]{8}\.\d{3}/gm;

/** Moves all times back by the one constant by which they were served: that of the first one that the text has too. */
function asThen(shown: string, text: readonly string[]): string {
  const log = /^\d{4}-/.test(shown);
  const pattern = log ? LOG_DATE : DATE;
  const read = (time: string): number => Date.parse(log ? `${time.replace(' ', 'T')}Z` : time);
  const wanted = text.join('\n').match(pattern)?.[0];
  // The log's first line has lost its time to the terminal.
  const first = shown.match(pattern)?.[log ? 1 : 0];
  if (wanted === undefined || first === undefined) return shown;
  const shift = read(first) - read(wanted);
  return shown.replaceAll(pattern, (time) => (log ? logTime(read(time) - shift) : listingTime(read(time) - shift)));
}

function logTime(at: number): string {
  return new Date(at).toISOString().replace('T', ' ').slice(0, 23);
}

function listingTime(at: number): string {
  const [day, date, month, year, time] = new Date(at + 8 * 3_600_000).toUTCString().split(' ');
  return `${day} ${date} ${month} ${year} ${time} +0800`;
}
