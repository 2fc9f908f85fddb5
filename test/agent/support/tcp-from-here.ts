/** Run inside a network namespace: makes the TCP probe's connects from there and prints the results as JSON. */
import { createLiveHost } from '../../../src/agent/live-host.ts';
import { nodeTcp } from '../../../src/agent/probes/node-tcp.ts';
import { tcpGate } from '../../../src/agent/tcp-guard.ts';
import { PROBE_PARAMS } from '../../../src/core/agent-api.ts';

const params = PROBE_PARAMS['node-tcp'].parse(JSON.parse(process.argv[2] ?? ''));
const tcp = tcpGate(['10.213.0.0/16', '10.214.0.0/16', 'fd00:213::/64'], { take: () => true });
const results = await nodeTcp.read(createLiveHost(), params, { timeoutMs: 10_000, maxBytes: 1000, tcp });
process.stdout.write(JSON.stringify(results));
