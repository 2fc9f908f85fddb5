/** The result as one table, readable in a terminal and in a README. */
import { type Figure, shown } from './figures.ts';
import type { BenchResult } from './result.ts';

/** Gives the whole text: machine and date, one section a group, the aims at the end. */
export function resultText(result: BenchResult): string {
  const { machine, figures } = result;
  const lines = [
    `kubewhy bench${result.quick ? ' --quick (small: its figures are not for comparing)' : ''}, ${result.date}`,
    `${machine.cores} cores (${machine.cpu}), ${shown(machine.memoryBytes, 'bytes')} of memory, ${machine.system}, Node ${machine.node}; took ${Math.round(result.seconds)} s`,
    'Simulators, Redis, bot, worker and agents share this one machine.',
  ];
  const width = Math.max(...figures.map((figure) => figure.what.length));
  const aimWidth = Math.max(...figures.map((figure) => aimOf(figure).length));
  for (const group of new Set(figures.map((figure) => figure.group))) {
    lines.push('', group);
    for (const figure of figures.filter((one) => one.group === group)) {
      const value = shown(figure.value, figure.unit).padStart(9);
      lines.push(
        `  ${figure.what.padEnd(width)}  ${value}  ${aimOf(figure).padEnd(aimWidth)}  ${figure.note ?? ''}`.trimEnd(),
      );
    }
  }
  const aims = figures.flatMap((figure) => figure.aim ?? []);
  lines.push('', `${aims.filter((aim) => aim.met).length} of ${aims.length} aims met.`);
  return `${lines.join('\n')}\n`;
}

function aimOf({ aim }: Figure): string {
  return aim === undefined ? '' : `${aim.met ? 'met' : 'MISSED'}: ${aim.text}`;
}
