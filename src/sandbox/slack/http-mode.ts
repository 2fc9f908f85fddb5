/** HTTP mode: signed requests to the app's address, with Slack's exact content types and the acknowledgement deadline. */
import { createHmac } from 'node:crypto';
import { startTimer } from './clock.ts';
import type { Delivery, Envelope, Transport } from './transport.ts';
import type { Json } from './types.ts';
import type { World } from './world.ts';

const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPE = 'application/json';

interface SignedRequest {
  body: string;
  headers: Record<string, string>;
}

/** Requests that a healthy app must refuse, or answer in a way of their own. */
export type ProbeKind =
  | 'stale'
  | 'unsigned'
  | 'wrong-secret'
  | 'tampered'
  | 'replayed'
  | 'oversized'
  | 'wrong-content-type'
  | 'ssl-check'
  | 'url-verification';

/** `v0=` and the HMAC-SHA256 over `v0:<timestamp>:<raw body>`. */
export function signature(secret: string, timestamp: number, body: string): string {
  return `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
}

function sign(body: string, contentType: string, secret: string, timestamp: number): SignedRequest {
  return {
    body,
    headers: {
      'content-type': contentType,
      'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
      'x-slack-request-timestamp': String(timestamp),
      'x-slack-signature': signature(secret, timestamp, body),
    },
  };
}

function form(payload: Json): string {
  const fields = new URLSearchParams();
  for (const [name, value] of Object.entries(payload)) fields.append(name, String(value));
  return fields.toString();
}

function encode(envelope: Envelope): { body: string; contentType: string } {
  if (envelope.type === 'events_api') return { body: JSON.stringify(envelope.payload), contentType: JSON_TYPE };
  if (envelope.type === 'slash_commands') return { body: form(envelope.payload), contentType: FORM };
  return { body: new URLSearchParams({ payload: JSON.stringify(envelope.payload) }).toString(), contentType: FORM };
}

export interface HttpMode extends Transport {
  /** Sends one odd request and gives the app's status and body. */
  probe(kind: ProbeKind): Promise<{ status: number; body: string }>;
}

/** Makes the transport. Throws when `requestUrl` is not an http address on this machine. */
export function makeHttpMode(world: World, requestUrl: string): HttpMode {
  const target = new URL(requestUrl);
  if (target.protocol !== 'http:' || !['127.0.0.1', 'localhost', '[::1]'].includes(target.hostname)) {
    throw new Error(
      `requestUrl is ${requestUrl}; the emulator only talks to http addresses on this machine (127.0.0.1).`,
    );
  }
  const under = new Set<AbortController>();
  let lastSent: SignedRequest | undefined;
  const seconds = (): number => Math.floor(world.clock.now() / 1000);

  const post = async (request: SignedRequest, abort: AbortController): Promise<Response> => {
    lastSent = request;
    return fetch(target, { method: 'POST', ...request, redirect: 'error', signal: abort.signal });
  };

  const answer = async (response: Response): Promise<unknown> => {
    const text = await response.text();
    if (text === '') return undefined;
    if (!(response.headers.get('content-type') ?? '').includes('json')) return text;
    try {
      return JSON.parse(text) as unknown;
    } catch {
      return text;
    }
  };

  return {
    async deliver(envelope, deadlineMs): Promise<Delivery> {
      const { body, contentType } = encode(envelope);
      const request = sign(body, contentType, world.credentials.signingSecret, seconds());
      if (envelope.retry) {
        request.headers['x-slack-retry-num'] = String(envelope.retry.num);
        request.headers['x-slack-retry-reason'] = envelope.retry.reason;
      }
      const abort = new AbortController();
      under.add(abort);
      const sentAt = world.clock.now();
      let late = false;
      const cancel = startTimer(world.clock, deadlineMs, () => {
        late = true;
        abort.abort();
      });
      try {
        const response = await post(request, abort);
        const content = await answer(response);
        if (response.ok)
          return {
            acked: true,
            ackMs: world.clock.now() - sentAt,
            ...(content === undefined ? {} : { body: content }),
          };
        const noRetry = response.headers.get('x-slack-no-retry') === '1';
        return { acked: false, failure: 'http-error', status: response.status, noRetry };
      } catch {
        return { acked: false, failure: late ? 'timeout' : 'no-connection' };
      } finally {
        cancel();
        under.delete(abort);
      }
    },
    async probe(kind) {
      const secret = world.credentials.signingSecret;
      const plain = form({
        command: '/k8s',
        text: 'help',
        team_id: world.identity.teamId,
        api_app_id: world.identity.appId,
      });
      const challenge = JSON.stringify({
        type: 'url_verification',
        challenge: 'c-1',
        token: world.credentials.verificationToken,
      });
      const build: Record<ProbeKind, () => SignedRequest> = {
        stale: () => sign(plain, FORM, secret, seconds() - 301),
        unsigned: () => ({ body: plain, headers: { 'content-type': FORM } }),
        'wrong-secret': () => sign(plain, FORM, `${secret}x`, seconds()),
        tampered: () => ({ ...sign(plain, FORM, secret, seconds()), body: `${plain}&text=more` }),
        replayed: () => lastSent ?? sign(plain, FORM, secret, seconds()),
        oversized: () => sign(`text=${'x'.repeat(5_000_000)}`, FORM, secret, seconds()),
        'wrong-content-type': () => sign(plain, `${FORM}; charset=utf-8`, secret, seconds()),
        'ssl-check': () => ({ body: 'ssl_check=1&token=x', headers: { 'content-type': FORM } }),
        'url-verification': () => sign(challenge, JSON_TYPE, secret, seconds()),
      };
      const abort = new AbortController();
      under.add(abort);
      try {
        const response = await fetch(target, {
          method: 'POST',
          ...build[kind](),
          redirect: 'error',
          signal: abort.signal,
        });
        return { status: response.status, body: await response.text() };
      } finally {
        under.delete(abort);
      }
    },
    close() {
      for (const abort of under) abort.abort();
      return Promise.resolve();
    },
  };
}
