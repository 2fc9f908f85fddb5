/** The text of /etc/sysctl.d/99-kubewhy.conf: settings sorted by name below a header; comments of others stay. Pure. */

const HEADER = '# Written by kubewhy. A setting is taken out again when its fix is undone.';
const SETTING = /^-?([A-Za-z0-9_./-]+)\s*=\s*(.*)$/;

/** Gives the settings of a file of sysctl.d, the last of each name; names with dots. */
export function sysctlSettings(text: string): Map<string, string> {
  const settings = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = SETTING.exec(line.trim());
    // A name may also be spelled as a path: its first separator says which.
    const name = match?.[1] ?? '';
    const dotted = /^[^./]*\//.test(name) ? name.replaceAll('/', '.') : name;
    if (match !== null) settings.set(dotted, (match[2] ?? '').trim());
  }
  return settings;
}

/** Gives the file with the setting, or without it (`undefined`). Undefined where nothing is left that is worth a file. */
export function withSysctl(text: string, name: string, value: string | undefined): string | undefined {
  const settings = sysctlSettings(text);
  if (value === undefined) settings.delete(name);
  else settings.set(name, value);
  const foreign = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && line !== HEADER && !SETTING.test(line));
  if (settings.size === 0 && foreign.length === 0) return undefined;
  const sorted = [...settings].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, set]) => `${key} = ${set}`);
  return `${[HEADER, ...foreign, ...sorted].join('\n')}\n`;
}
