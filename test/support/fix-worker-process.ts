/** A worker in a process of its own whose cluster is the incident in memory: tests of fixes kill it with -9. */
import { createLog } from '../../src/adapters/log.ts';
import { Lifetime } from '../../src/adapters/shutdown.ts';
import { readWorkerConfig } from '../../src/config/worker.ts';
import { renderCluster } from '../../src/sandbox/cluster/simulate/render.ts';
import { stageModel } from '../../src/sandbox/incidents/nodeport-30080/stages.ts';
import { startWorker } from '../../src/worker/app.ts';
import { SWEEP_TIMES } from '../../src/worker/fixes/sweep.ts';
import { type Simulated, withSimulatedPorts } from './simulated-evidence.ts';

const log = createLog('worker', 'info', { write: (line) => void process.stdout.write(line) });
const rendered = renderCluster(stageModel(process.env['TEST_STAGE'] === '4' ? 4 : 3));
const objects = rendered.objects.map((object, i) => ({
  ...object,
  metadata: { resourceVersion: String(i + 1), ...object.metadata },
}));
const cluster: Simulated = { ...rendered, objects };
await startWorker({
  config: readWorkerConfig(process.env),
  log,
  lifetime: new Lifetime(log),
  diagnose: () => Promise.reject(new Error('nobody asks here')),
  usePorts: (use) => withSimulatedPorts(cluster, use),
  lockMs: 2000,
  stalledMs: 500,
  fixes: { sweepTimes: { ...SWEEP_TIMES, everyMs: 200, goingStillMs: 1000 } },
});
log.info('worker ready');
