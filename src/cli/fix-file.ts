/** The file that `kubewhy fix` is given: a diagnosis as JSON, and which of its causes is to be fixed how. */
import { createReadStream } from 'node:fs';
import { z } from 'zod';
import { parseBoundedJson } from '../core/bounded-json.ts';
import { UserError } from '../core/errors.ts';
import { refText } from '../core/object-ref.ts';
import type { Question } from '../core/question.ts';
import type { Remediation } from '../core/remediation.ts';
import { remediationOf } from '../remediations/index.ts';
import { remediationSummary } from '../report/index.ts';
import { Report } from '../report/report.ts';
import type { PlanRequest } from '../run/plan.ts';

/** A report of a cluster of 5,000 nodes is a few megabytes. */
const MOST_BYTES = 32 * 1024 * 1024;
const HOW = 'Write one with: kubewhy why-not-reachable 30080 --output json > diagnosis.json';

/**
 * Reads a diagnosis.
 * @throws UserError where the file is missing, too large, or no diagnosis.
 */
export async function readDiagnosis(file: string | undefined): Promise<Report> {
  if (file === undefined) throw new UserError('file-missing', `fix needs the JSON of a diagnosis. ${HOW}`);
  const text = await read(file);
  try {
    return Report.parse(parseBoundedJson(text));
  } catch (error) {
    const issue = error instanceof z.ZodError ? error.issues[0] : undefined;
    const where = issue === undefined ? '' : ` At ${issue.path.join('.') || 'the top'}: ${issue.message}.`;
    throw new UserError('not-a-diagnosis', `${file} is not the JSON of a diagnosis.${where} ${HOW}`, {}, error);
  }
}

async function read(file: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MOST_BYTES) throw new UserError('file-too-large', `${file} has more than ${MOST_BYTES} bytes.`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UserError(
      'file-unreadable',
      `${file} cannot be read: ${code === 'ENOENT' ? 'it does not exist' : message}.`,
      {},
      error,
    );
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * Gives what is to be planned: the remediation that was named, or the only one.
 * @throws UserError where the diagnosis offers none, not that one, or several and none was named.
 */
export function choose(report: Report, wanted: string | undefined, byId = remediationOf): PlanRequest {
  const offered = offersOf(report, byId);
  const names = [...new Set(offered.map(({ remediation }) => remediation.id))];
  if (offered.length === 0)
    throw new UserError(
      'fix-none',
      'This diagnosis offers no fix: only a cause that is proven, and that kubewhy knows a remediation for, is fixed.',
    );
  if (wanted === undefined && names.length > 1)
    throw new UserError(
      'fix-ambiguous',
      `This diagnosis offers several fixes. Name one: ${names.map((id) => `--remediation ${id} (${remediationSummary('en', id)})`).join(', ')}.`,
    );
  const found = offered.find(({ remediation }) => wanted === undefined || remediation.id === wanted);
  if (found === undefined)
    throw new UserError(
      'fix-unknown',
      `This diagnosis does not offer "${(wanted ?? '').slice(0, 60)}", but ${names.join(', ')}.`,
    );
  return found;
}

function offersOf(report: Report, byId: (id: string) => Remediation | undefined): PlanRequest[] {
  if (report.verdict !== 'cause-found') return [];
  const question = askedAgain(report);
  return report.causes
    .filter((cause) => cause.confidence === 'confirmed')
    .flatMap(({ rule, object, remediations }) =>
      remediations.flatMap(({ id, params }) => {
        const remediation = byId(id);
        return remediation?.fixes.includes(rule) === true ? [{ question, rule, object, remediation, params }] : [];
      }),
    )
    .sort((a, b) => (refText(a.object) < refText(b.object) ? -1 : 1));
}

/** The report names the Service behind a NodePort that was asked about; asked about it was the port. */
function askedAgain({ question, symptoms }: Report): Question {
  const { nodePort, protocol } = question.target;
  if (symptoms.at(-1)?.rule !== 'node-port-unreachable' || nodePort === undefined) return question;
  return { ...question, target: { kind: 'NodePort', nodePort, ...(protocol === undefined ? {} : { protocol }) } };
}
