/** The one order of texts. Imports nothing: `kubewhy --help` needs it, and must answer at once. */

/** Plain code-unit order: `localeCompare` depends on the machine's locale, and reports must be the same bytes everywhere. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
