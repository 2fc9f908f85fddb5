/** A plain http server that keeps what Alertmanager sends to it and answers as the test says. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { eventually } from './loopback-server.ts';

export interface WebhookDelivery {
  readonly at: number;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The body as it came. */
  readonly text: string;
  readonly method: string;
  /** The body as JSON; that of a request without a body (a redirect followed as GET) is empty. */
  readonly body: WebhookBody;
}

/** What tests look at most; the whole is in test/fixtures/alertmanager. */
export interface WebhookBody {
  readonly version: string;
  readonly status: string;
  readonly receiver: string;
  readonly groupKey: string;
  readonly truncatedAlerts: number;
  readonly alerts: readonly {
    readonly status: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly startsAt: string;
    readonly endsAt: string;
    readonly fingerprint: string;
  }[];
}

export interface WebhookAnswer {
  readonly status: number;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** No answer at all: the request is left open. */
  readonly silent?: boolean;
}

export interface WebhookReceiver {
  readonly url: string;
  readonly deliveries: readonly WebhookDelivery[];
  /** How it answers from now on; 200 unless told. */
  answer(how: (delivery: WebhookDelivery) => WebhookAnswer): void;
  /** The first delivery, from the one at `from` on, that fits; waits for it. @throws Error where none comes within the time, in ms. */
  delivery(fits: (delivery: WebhookDelivery) => boolean, from?: number, within?: number): Promise<WebhookDelivery>;
  stop(): Promise<void>;
}

/** Starts it on a free loopback port. */
export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const deliveries: WebhookDelivery[] = [];
  let how: (delivery: WebhookDelivery) => WebhookAnswer = () => ({ status: 200 });
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => {
      text += part;
    });
    request.on('end', () => {
      const body = JSON.parse(text === '' ? '{"alerts":[]}' : text) as WebhookBody;
      const { headers, method = '', url: path = '' } = request;
      const delivery = { at: Date.now(), method, path, headers, text, body };
      deliveries.push(delivery);
      const answer = how(delivery);
      if (answer.silent === true) return;
      response.writeHead(answer.status, { ...answer.headers });
      response.end(answer.text ?? '');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    deliveries,
    answer(next) {
      how = next;
    },
    async delivery(fits, from = 0, within = 15_000) {
      await eventually(
        () => deliveries.slice(from).some(fits),
        () => `no such delivery; came: ${deliveries.map((one) => one.text.slice(0, 500)).join('\n')}`,
        within,
      );
      return deliveries.slice(from).find(fits) as WebhookDelivery;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
