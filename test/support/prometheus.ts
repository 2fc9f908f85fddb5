/** A real Prometheus for a test: rules evaluated each second, over what a metrics page of the test says. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/sandbox/free-port.ts';
import { type LoopbackServer, startServer } from './loopback-server.ts';
import type { PrometheusTools } from './prometheus-tools.ts';

export interface PrometheusOptions {
  readonly tools: PrometheusTools;
  /** A rule file, as YAML text. */
  readonly rules: string;
  /** Addresses of Alertmanagers (`http://127.0.0.1:port`). */
  readonly alertmanagers: readonly string[];
  /** As in prometheus.yml. */
  readonly scrapeConfigs?: readonly Readonly<Record<string, unknown>>[];
  readonly externalLabels?: Readonly<Record<string, string>>;
  /** Also the interval of scrapes; 1s unless told. */
  readonly evaluationInterval?: string;
  /** How long Prometheus waits before it sends a firing alert again; 1m unless told, as Prometheus has it. */
  readonly resendDelay?: string;
}

/** Starts a Prometheus on a free loopback port and waits until it is ready; `stop` or `stopServers` ends it. */
export async function startPrometheus(options: PrometheusOptions): Promise<LoopbackServer> {
  const folder = await mkdtemp(join(tmpdir(), 'kubewhy-prometheus-'));
  const interval = options.evaluationInterval ?? '1s';
  const targets = options.alertmanagers.map((url) => new URL(url).host);
  // JSON is YAML.
  const config = JSON.stringify({
    global: {
      scrape_interval: interval,
      scrape_timeout: interval,
      evaluation_interval: interval,
      external_labels: options.externalLabels ?? {},
    },
    rule_files: [join(folder, 'rules.yml')],
    scrape_configs: options.scrapeConfigs ?? [],
    alerting: { alertmanagers: [{ static_configs: [{ targets }] }] },
  });
  await writeFile(join(folder, 'rules.yml'), options.rules);
  await writeFile(join(folder, 'prometheus.yml'), config);
  const port = await freePort();
  return startServer({
    folder,
    url: `http://127.0.0.1:${port}`,
    readyPath: '/-/ready',
    command: [
      options.tools.prometheus,
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      `--rules.alert.resend-delay=${options.resendDelay ?? '1m'}`,
      '--web.enable-lifecycle',
    ],
  });
}

export interface MetricsPage {
  /** An entry for `scrapeConfigs`. */
  scrapeConfig(job: string): Readonly<Record<string, unknown>>;
  /** Sets the whole page, in Prometheus' text format, without the last newline. */
  set(text: string): void;
  stop(): Promise<void>;
}

/** A page of metrics on loopback that a Prometheus can scrape. */
export async function startMetricsPage(text: string): Promise<MetricsPage> {
  let page = text;
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end(`${page}\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    scrapeConfig: (job) => ({ job_name: job, static_configs: [{ targets: [`127.0.0.1:${port}`] }] }),
    set(next) {
      page = next;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
