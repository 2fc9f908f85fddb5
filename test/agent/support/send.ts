/** One request to an agent over mutual TLS. */
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import type { TestCertificates } from './certificates.ts';

export interface Said {
  readonly status: number;
  readonly value: Readonly<Record<string, unknown>>;
}

/** Posts a value (a text as it is) to `/v1/step`, or GETs another path. */
export function send({ caFile, client }: TestCertificates, port: number, body?: unknown, path = '/v1/step') {
  return new Promise<Said>((resolve, reject) => {
    const call = request(
      {
        host: '127.0.0.1',
        port,
        agent: false,
        method: body === undefined ? 'GET' : 'POST',
        path,
        ca: readFileSync(caFile),
        cert: readFileSync(client.certFile),
        key: readFileSync(client.keyFile),
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, value: JSON.parse(text) as Said['value'] });
        });
        response.on('error', reject);
      },
    );
    call.on('error', reject);
    call.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
}
