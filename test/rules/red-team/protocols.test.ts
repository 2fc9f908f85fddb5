import { describe, expect, it } from 'vitest';
import { judge } from '../../../src/rules/evaluate.ts';
import { evidenceOf } from '../../support/red-team.ts';

/** Makes the Service that is asked about one of UDP. */
function toUdp(rendered: { objects: readonly object[] }, name: string): void {
  for (const object of rendered.objects as {
    kind: string;
    metadata: { name: string };
    spec?: never;
    ports?: never;
  }[]) {
    if (object.kind === 'Service' && object.metadata.name === name)
      setUdp((object.spec as { ports: Port[] } | undefined)?.ports);
    if (object.kind === 'EndpointSlice' && object.metadata.name.startsWith(name)) setUdp(object.ports);
    if (object.kind === 'Endpoints' && object.metadata.name === name)
      for (const subset of (object as unknown as { subsets?: { ports: Port[] }[] }).subsets ?? []) setUdp(subset.ports);
  }
}
type Port = { protocol: string };
function setUdp(ports: Port[] | undefined): void {
  for (const port of ports ?? []) port.protocol = 'UDP';
}

describe('a question that names no protocol, about a Service of UDP', () => {
  it('suspects the protocol and does not swear to it', async () => {
    const { bundle } = await evidenceOf(1, null, (rendered, _, { service }) => toUdp(rendered, service.name));
    const { verdict, causes } = judge(bundle);
    expect([verdict, causes.map((c) => `${c.rule} ${c.confidence}`)]).toEqual([
      'inconclusive',
      ['service-protocol-mismatch likely'],
    ]);
  });

  it('finds the real fault', async () => {
    const { bundle } = await evidenceOf(1, 'service-selector-mismatch', (rendered, cluster) =>
      toUdp(rendered, cluster.expect.object?.name ?? ''),
    );
    const { verdict, causes } = judge(bundle);
    expect([verdict, causes.map((c) => c.rule)]).toEqual(['cause-found', ['service-selector-mismatch']]);
  });
});
