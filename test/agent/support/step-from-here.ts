/** Run inside namespaces: takes one step on this very machine, and prints its result as JSON. */
import { createLiveHost } from '../../../src/agent/live-host.ts';
import { createLiveStepHost } from '../../../src/agent/live-step-host.ts';
import { runStep } from '../../../src/agent/run-step.ts';
import { NodeAction } from '../../../src/core/node-steps.ts';

const [action = '', folder] = process.argv.slice(2);
const folders = folder === undefined ? undefined : [folder];
const ground = {
  host: createLiveHost(folders),
  effects: createLiveStepHost(folders === undefined ? {} : { folders }),
};
const result = await runStep(ground, NodeAction.parse(JSON.parse(action)), `gr-${'0'.repeat(32)}`);
process.stdout.write(JSON.stringify(result));
