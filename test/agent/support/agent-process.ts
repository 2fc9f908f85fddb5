/** Run as a process of its own: `kubewhy agent` with the given flags. */
import { runAgent } from '../../../src/agent/main.ts';

process.exitCode = await runAgent(process.argv.slice(2), process.env, process);
