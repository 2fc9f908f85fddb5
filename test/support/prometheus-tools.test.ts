/** Real parts end to end: a rule fires in Prometheus, goes through Alertmanager, is silenced through its API v2, and resolves. */
import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startAlertmanager, startAlertmanagerPair } from './alertmanager.ts';
import { eventually, stopServers } from './loopback-server.ts';
import { startMetricsPage, startPrometheus } from './prometheus.ts';
import { toolsOrReason } from './prometheus-tools.ts';
import { startWebhookReceiver, type WebhookDelivery } from './webhook-receiver.ts';

const { tools, reason } = await toolsOrReason();

const RULES = `
groups:
  - name: swap
    rules:
      - alert: KubeNodeNotReady
        expr: node_ready == 0
        labels: { severity: critical }
        annotations: { summary: '{{ $labels.node }} is not ready' }
`;

const config = (url: string): string => `
route: { receiver: kubewhy, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1h }
receivers:
  - name: kubewhy
    webhook_configs: [{ url: '${url}/alerts/main', send_resolved: true }]
`;

const about = (status: string, node: string) => (delivery: WebhookDelivery) =>
  delivery.body.alerts.some((alert) => alert.status === status && alert.labels['node'] === node);

describe('Prometheus and Alertmanager as Debian has them', () => {
  const ends: (() => Promise<void>)[] = [];
  beforeEach(({ skip }) => skip(reason !== undefined, reason));
  afterEach(async () => {
    await stopServers();
    for (const end of ends.splice(0)) await end();
  });

  const receiver = async () => {
    const it = await startWebhookReceiver();
    ends.push(() => it.stop());
    return it;
  };

  test('a rule fires, reaches the webhook, is silenced, and resolves', async () => {
    if (tools === undefined) return;
    const hook = await receiver();
    const page = await startMetricsPage('node_ready{node="k8scephnode"} 0\nnode_ready{node="k8smater2"} 0');
    ends.push(() => page.stop());
    const alertmanager = await startAlertmanager({ tools, config: config(hook.url) });
    const prometheus = await startPrometheus({
      tools,
      rules: RULES,
      alertmanagers: [alertmanager.url],
      scrapeConfigs: [page.scrapeConfig('nodes')],
      externalLabels: { cluster: 'lab' },
    });
    const fired = await hook.delivery(about('firing', 'k8scephnode'));
    expect(fired.body).toMatchObject({ version: '4', status: 'firing', receiver: 'kubewhy' });
    expect(fired.body.alerts[0]?.labels).toMatchObject({ alertname: 'KubeNodeNotReady', cluster: 'lab' });

    const matchers = [{ name: 'node', value: 'k8scephnode', isRegex: false, isEqual: true }];
    const now = Date.now();
    const silence = await fetch(`${alertmanager.url}/api/v2/silences`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        matchers,
        startsAt: new Date(now).toISOString(),
        endsAt: new Date(now + 3_600_000).toISOString(),
        createdBy: 'Ada',
        comment: 'seen',
      }),
    });
    expect(silence.status).toBe(200);
    const suppressed = async (): Promise<string> =>
      (await alertmanager.amtool('-o', 'json', 'alert', 'query', '--silenced', 'node=k8scephnode')).stdout;
    await eventually(
      async () => (await suppressed()).includes('"suppressed"'),
      () => 'the alert is not suppressed',
    );

    // Both resolve at once; only of the one that is not silenced is it told.
    const before = hook.deliveries.length;
    page.set('node_ready{node="k8scephnode"} 1\nnode_ready{node="k8smater2"} 1');
    const over = await hook.delivery(about('resolved', 'k8smater2'), before);
    expect(over.body.status).toBe('resolved');
    expect(over.body.alerts.map((alert) => alert.labels['node'])).toEqual(['k8smater2']);

    await Promise.all([alertmanager.stop(), prometheus.stop()]);
    expect([alertmanager.folder, prometheus.folder].filter(existsSync)).toEqual([]);
    await expect(fetch(alertmanager.url)).rejects.toThrow();
  });

  test('two Alertmanagers of a cluster tell once what both were told; a config that is wrong is refused', async () => {
    if (tools === undefined) return;
    const hook = await receiver();
    const [first, second] = await startAlertmanagerPair({ tools, config: config(hook.url) });
    const add = ['alert', 'add', 'alertname=KubeletDown', 'node=k8smater1'];
    for (const one of [first, second]) expect(await one.amtool(...add)).toMatchObject({ code: 0 });
    await hook.delivery(about('firing', 'k8smater1'));
    // The second waits --cluster.peer-timeout in its first flush, then finds in the gossiped log that the first has told it.
    const flushes = (log: string): number => log.split('msg=flushing').length - 1;
    await eventually(
      () => [first, second].every((one) => flushes(one.logs()) >= 3),
      () => 'not both went through flushes to their end',
    );
    expect(hook.deliveries).toHaveLength(1);
    await expect(first.reload('route: {}')).rejects.toThrow(/no default receiver|receiver/);
    await second.kill();
    await expect(fetch(second.url)).rejects.toThrow();
    await second.restart();
    expect((await fetch(`${second.url}/-/ready`)).status).toBe(200);
  });
});
