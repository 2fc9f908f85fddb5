/** `kubewhy replay FILE`: judges saved evidence again. The same evidence gives the same bytes. */
import { createReadStream } from 'node:fs';
import { z } from 'zod';
import { parseBoundedJson } from '../core/bounded-json.ts';
import type { Diagnosis } from '../core/diagnosis.ts';
import { UserError } from '../core/errors.ts';
import { parseEvidenceBundle } from '../core/evidence.ts';
import { judge } from '../rules/evaluate.ts';

/** Ten times what a diagnosis on 5,000 nodes writes. */
const MAX_BYTES = 128 * 1024 * 1024;

/**
 * Reads a file of evidence and judges it.
 * @throws UserError where the file is missing, too large, no JSON, or no evidence of this version.
 */
export async function replay(file: string | undefined): Promise<Diagnosis> {
  if (file === undefined)
    throw new UserError(
      'file-missing',
      'replay needs a file of evidence: kubewhy replay evidence.json (written by --save).',
    );
  return judge(parsed(file, await text(file)));
}

async function text(file: string): Promise<string> {
  try {
    const chunks: Buffer[] = [];
    let size = 0;
    // Not by its size: pipes and devices have none, and have no end either.
    for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_BYTES)
        throw new UserError('file-too-large', `${file} has more than ${MAX_BYTES} bytes; no evidence is that large.`);
    }
    return Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'it does not exist' : code === 'EISDIR' ? 'it is a folder' : message;
    throw new UserError('file-unreadable', `${file} cannot be read: ${reason}.`, {}, error);
  }
}

function parsed(file: string, content: string) {
  try {
    return parseEvidenceBundle(parseBoundedJson(content));
  } catch (error) {
    if (error instanceof z.ZodError) {
      const issue = error.issues[0];
      const where = issue === undefined ? '' : ` At ${issue.path.join('.') || 'the top'}: ${issue.message}.`;
      throw new UserError('not-evidence', `${file} is no evidence of kubewhy/v1.${where}`, {}, error);
    }
    if (error instanceof RangeError)
      throw new UserError('not-evidence', `${file} is no evidence of kubewhy/v1: ${error.message}.`, {}, error);
    throw new UserError(
      'not-json',
      `${file} is not JSON. replay takes a file that --save wrote, or the JSON file of a thread.`,
      {},
      error,
    );
  }
}
