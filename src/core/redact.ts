/** Takes secrets out of text before it leaves the machine: tokens, keys, passwords, cookies become `[redacted]`. Pure, linear time. */
import { REDACTED, SECRET_FORMS, SUSPICIOUS } from './secret-forms.ts';

export { REDACTED, SECRET_NAME } from './secret-forms.ts';

/** A manifest of a Secret inside a text: as JSON (also escaped), as YAML. */
const SECRET_KIND = /\bkind\\{0,7}["']?\s{0,4}:\s{0,4}\\{0,7}["']?Secret\b/;
const SECRET_DATA = /(\\{0,7}"(?:data|stringData)\\{0,7}"\s{0,4}:\s{0,4})\{[^{}]{0,100000}\}/g;
const SECRET_LINE = /^([ \t]{1,8}[\w.-]{1,100}:[ \t]{1,4})[A-Za-z0-9+/=]{8,}[ \t]{0,4}$/gm;
/** A key of JSON whose value is a secret by name; narrower than a variable's: evidence has keys of its own. */
const SECRET_FIELD = /^(?:.{0,200}[/._-])?(?:password|passwd|passphrase|secret|token|api[_-]?key|private[_-]?key)$/i;
/** Stands between the words of a command while they are looked at together; regular expressions see a blank. */
const JOINT = '\u00A0';

/** Gives the text with each secret replaced by `[redacted]`; the words around it stay, so that people still see what it was. */
export function redactText(text: string): string {
  if (!SUSPICIOUS.test(text)) return text;
  const manifest = SECRET_KIND.test(text)
    ? text.replace(SECRET_DATA, `$1{${REDACTED}}`).replace(SECRET_LINE, `$1${REDACTED}`)
    : text;
  return SECRET_FORMS.reduce((redacted, [pattern, replacement]) => redacted.replace(pattern, replacement), manifest);
}

/** Gives the words of a command without secrets: what follows `--password`, `redis-cli -a`, `mysql -p…`. */
export function redactWords(words: readonly string[]): string[] {
  return redactText(words.join(JOINT)).split(JOINT);
}

/** Gives a copy of a JSON value with each text in it redacted, and with fields named as secrets emptied. Keys stay. */
export function redactJson(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value);
  if (Array.isArray(value)) return value.map(redactJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redactField(key, inner)]));
}

function redactField(key: string, value: unknown): unknown {
  return typeof value === 'string' && value !== '' && SECRET_FIELD.test(key) ? REDACTED : redactJson(value);
}
