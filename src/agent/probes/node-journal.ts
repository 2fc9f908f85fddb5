/** Probe: the last lines of one unit's journal, full width, oldest first. */
import { redactText } from '../../core/redact.ts';
import { HostError, type RunResult } from '../host.ts';
import { parseJournal } from '../parse/systemd.ts';
import { failureText, type Probe } from '../probe.ts';

const MAX_TEXT = 8192;

export const nodeJournal: Probe<'node-journal'> = {
  kind: 'node-journal',
  part: ({ unit }) => unit,
  command: ({ unit, lines }) => `journalctl --unit ${unit} --lines ${lines} --no-pager`,
  read: async (host, { unit, lines }, limits) => {
    let result: RunResult | undefined;
    let asked = lines;
    // Output that is cut loses its newest lines, the very ones that matter: ask for fewer in that case.
    for (; asked >= 1; asked = Math.floor(asked / 4)) {
      const args = ['--unit', unit, '--lines', String(asked), '--no-pager', '--output', 'json'];
      result = await host.run('journalctl', args, limits);
      if (result.code !== 0) throw new HostError('failed', failureText('journalctl', args, result));
      if (!result.truncated) break;
    }
    const parsed = parseJournal(result?.stdout ?? '');
    const long = parsed.some((line) => line.text.length > MAX_TEXT);
    return {
      lines: parsed.map((line) => ({ ...line, text: redactText(line.text.slice(0, MAX_TEXT)) })),
      truncated: asked < lines || long,
    };
  },
};
