/** A remediator as a process of its own, so that it can be killed; its locks and jobs are free soon after. */
import { createLog } from '../../src/adapters/log.ts';
import { Lifetime } from '../../src/adapters/shutdown.ts';
import { readRemediatorConfig } from '../../src/config/remediator.ts';
import { startRemediator } from '../../src/remediator/app.ts';

const log = createLog('remediator', 'debug', { write: (line) => void process.stdout.write(line) });
const lifetime = new Lifetime(log);
const times = { pollMs: 20, apiAwayMs: 2000, agentAwayMs: 2000 };
const config = readRemediatorConfig(process.env);
await startRemediator({ config, log, lifetime, lockMs: 600, stalledMs: 200, sweepMs: 100, times });
log.info('remediator ready');
process.exitCode = await lifetime.untilEnd({ stdout: process.stdout, stderr: process.stderr });
