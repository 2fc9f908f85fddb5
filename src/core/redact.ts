/** Takes secrets out of text before it leaves the machine: tokens, keys, passwords, cookies become `[redacted]`. Pure, linear time. */

export const REDACTED = '[redacted]';

/** Words whose value is a secret wherever they are a key: `password=…`, `"client_secret": "…"`, `--api-token …`. */
const WORDS =
  'password|passwd|passphrase|pwd|secret|token|api[_.-]?key|access[_.-]?key|secret[_.-]?key|private[_.-]?key|credentials?';
const KEY = `(?:[A-Za-z0-9]{1,40}[_.-]){0,6}[A-Za-z0-9]{0,40}?(?:${WORDS})(?:[_.-](?:key|data|value)){0,1}`;

type Rule = readonly [pattern: RegExp, replacement: string];

/** In this order: whole blocks first, then what is known by its form, then what is known by its key. */
const RULES: readonly Rule[] = [
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]{0,20000}(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?/g, REDACTED],
  // A kubeconfig's fields hold base64: the key, and tokens. Certificates are public.
  [
    /\b(client-key-data|id-token|refresh-token|access-token)(["']?\s{0,4}[:=]\s{0,4}["']?)[A-Za-z0-9+/=_.-]{8,}/gi,
    `$1$2${REDACTED}`,
  ],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]{0,8192})?/g, REDACTED],
  [
    /\b(authorization|proxy-authorization)(["']?\s{0,4}[:=]\s{0,4}["']?)(?:(bearer|basic|digest|token)\s{1,4})?[^\s"',;]{1,8192}/gi,
    `$1$2${REDACTED}`,
  ],
  [/\b(bearer|basic)\s{1,4}[A-Za-z0-9+/=_.~-]{16,}/gi, `$1 ${REDACTED}`],
  [/\b(set-cookie|cookie)(["']?\s{0,4}:\s{0,4})[^\r\n"']{1,8192}/gi, `$1$2${REDACTED}`],
  // user:password@ of a URL; the user's name stays.
  [/\b([a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@"']{0,200}):[^\s/@"']{1,500}@/gi, `$1:${REDACTED}@`],
  [/\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g, REDACTED],
  [/\b(?:xox[abeprs]|xapp)-[A-Za-z0-9-]{10,}/g, REDACTED],
  [/\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bglpat-[A-Za-z0-9_-]{16,}/g, REDACTED],
  // kubeadm's bootstrap tokens.
  [/\b[a-z0-9]{6}\.(?=[a-z]{0,15}\d)[a-z0-9]{16}\b/g, REDACTED],
  [
    new RegExp(
      `(?<![A-Za-z0-9/])(${KEY})(["']?\\s{0,2}[:=]\\s{0,2})(?!\\[redacted\\])("[^"\\r\\n]{1,4096}"|'[^'\\r\\n]{1,4096}'|[^\\s"',;&}\\]]{1,4096})`,
      'gi',
    ),
    `$1$2${REDACTED}`,
  ],
  [new RegExp(`(--${KEY})(\\s{1,4})(?!-)[^\\s"']{1,4096}`, 'gi'), `$1$2${REDACTED}`],
];

/** Cheap test that lets most lines through untouched. */
const SUSPICIOUS =
  /private key|key-data|[_-]token|eyJ|authorization|bearer|basic\s|cookie|:\/\/|AKIA|ASIA|xox|xapp-|gh[pousr]_|github_pat|glpat-|[a-z0-9]{6}\.[a-z0-9]{16}|passw|passphrase|pwd|secret|token|key|credential/i;

/** Gives the text with each secret replaced by `[redacted]`; the words around it stay, so that people still see what it was. */
export function redactText(text: string): string {
  if (!SUSPICIOUS.test(text)) return text;
  return RULES.reduce((redacted, [pattern, replacement]) => redacted.replace(pattern, replacement), text);
}

/** Gives a copy of a JSON value with each text in it redacted. Keys stay. */
export function redactJson(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value);
  if (Array.isArray(value)) return value.map(redactJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redactJson(inner)]));
}
