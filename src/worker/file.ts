/** The evidence as a file in the thread, shared once: the step that shares it names the file, so repeating it does no harm. */
import type { Log } from '../adapters/log.ts';
import type { SlackClient } from '../adapters/slack/client.ts';
import { SlackRefused, SlackUnavailable, type Thread } from '../adapters/slack/thread.ts';
import type { DiagnoseJob } from '../core/jobs.ts';
import { TEXTS } from './texts.ts';

export interface FileOptions {
  readonly job: DiagnoseJob;
  readonly slack: SlackClient;
  readonly log: Log;
  readonly content: string;
}

const KEY = 'file';
const UPLOAD_MS = 30_000;
/** The app was installed without files:write, or the workspace forbids uploads: the report stands without the file. */
const NOT_ALLOWED = new Set([
  'missing_scope',
  'file_uploads_disabled',
  'file_uploads_except_images_disabled',
  'storage_limit_reached',
]);

/**
 * Uploads and shares the evidence.
 * @throws SlackUnavailable where another attempt may succeed.
 */
export async function shareEvidence(thread: Thread, options: FileOptions): Promise<void> {
  if (thread.delivery.fileUploaded) return;
  const begun = thread.delivery.sending[KEY];
  try {
    const id = begun ?? (await upload(options));
    // The file's id is noted first: whoever comes after us shares this one, and Slack shares no file twice.
    if (begun === undefined) await thread.note({ sending: { ...thread.delivery.sending, [KEY]: id } });
    await share(thread, options, id, begun !== undefined);
  } catch (error) {
    if (!(error instanceof SlackRefused)) throw error;
    options.log.warn(
      { id: options.job.id, error: error.code, allowed: !NOT_ALLOWED.has(error.code) },
      'evidence file not shared',
    );
  }
  const { [KEY]: _, ...sending } = thread.delivery.sending;
  await thread.note({ fileUploaded: true, sending });
}

async function upload(options: FileOptions): Promise<string> {
  const bytes = new TextEncoder().encode(options.content);
  const method = 'files.getUploadURLExternal';
  const place = await options.slack.call(
    method,
    { filename: `${options.job.id}.json`, length: bytes.length },
    { repeatable: true },
  );
  if (place.status === 'refused') throw new SlackRefused(method, place.error);
  if (place.status !== 'ok') throw new SlackUnavailable(`${method}: ${place.status}`);
  const { upload_url: url, file_id: id } = place.data;
  if (typeof url !== 'string' || typeof id !== 'string') throw new SlackUnavailable(`${method}: no address`);
  const form = new FormData();
  form.set('body', new Blob([bytes]), `${options.job.id}.json`);
  const answer = await fetch(url, {
    method: 'POST',
    body: form,
    redirect: 'error',
    signal: AbortSignal.timeout(UPLOAD_MS),
  }).catch((error: unknown) => {
    throw new SlackUnavailable('the upload of the evidence broke off', { cause: error });
  });
  await answer.body?.cancel();
  if (!answer.ok) throw new SlackUnavailable(`the upload of the evidence: HTTP ${answer.status}`);
  return id;
}

async function share(thread: Thread, options: FileOptions, id: string, repeated: boolean): Promise<void> {
  const method = 'files.completeUploadExternal';
  const args = {
    files: [{ id, title: TEXTS[options.job.language].fileTitle(options.job.id) }],
    channel_id: thread.channel,
    ...(thread.threadTs === undefined ? {} : { thread_ts: thread.threadTs }),
  };
  const first = await options.slack.call(method, args);
  const outcome = first.status === 'unknown' ? await options.slack.call(method, args) : first;
  if (outcome.status === 'ok') return;
  if (outcome.status !== 'refused') throw new SlackUnavailable(`${method}: ${outcome.status}`);
  // A second time is refused where the first was carried out.
  if (repeated || first.status === 'unknown') return;
  throw new SlackRefused(method, outcome.error);
}
