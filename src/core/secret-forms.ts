/** The forms that secrets have in text: by their own look, by the key before them, by the program that takes them. Linear time each. */

export const REDACTED = '[redacted]';

/** Words whose value is a secret wherever they are a key: `password=…`, `"client_secret": "…"`, `--api-token …`. */
const WORDS =
  'password|passwd|passphrase|pwd|secret|token|(?:api|access|secret|private|account|encryption|signing|certificate|license)[_.-]?key|credentials?';
const PARTS = '(?:[A-Za-z0-9]{1,40}[_.-]){0,6}';
/** `pass` is a key alone or as the last part: `DB_PASS`, not `bypass`. */
const KEY = `(?:${PARTS}[A-Za-z0-9]{0,40}?(?:${WORDS})(?:[_.-]?(?:key|data|value|base|hash)){0,2}|${PARTS}pass|tls\\.key)`;
/** `:`, `=`, `=>`, with the key's closing quote before it, escaped where JSON stands inside JSON. */
const SEPARATOR = `\\\\{0,7}["']?[ \\t]{0,2}(?:=>|:=|[:=])[ \\t]{0,2}`;
const QUOTED = `(?<quote>\\\\{1,7}["'])(?:(?!\\k<quote>)[^\\r\\n]){1,4096}(?:\\k<quote>)?`;
const VALUE = `(?!\\[redacted\\])(?:${QUOTED}|"(?:[^"\\\\\\r\\n]|\\\\.){1,4096}"?|'(?:[^'\\\\\\r\\n]|\\\\.){1,4096}'?|[^\\s"',;&}\\]]{1,4096})`;

export type SecretForm = readonly [pattern: RegExp, replacement: string];

const BLOCKS: readonly SecretForm[] = [
  // A private key, with its headers where it is encrypted, whole or cut off; `\n` may be written out.
  [
    /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:(?:\s|\\[nr]){1,4}[A-Z][A-Za-z]{1,20}(?:-[A-Za-z]{1,20})?: [^\r\n\\"]{0,200}){0,6}[A-Za-z0-9+/=\s\\]{0,20000}(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?/g,
    REDACTED,
  ],
  // One line of such a block, as logs hand them out; digests are hexadecimal and stay.
  [
    /(?<![A-Za-z0-9+/=_-])(?=[A-Za-z0-9+/]{0,79}[A-Z])(?=[A-Za-z0-9+/]{0,79}[g-z])(?=[A-Za-z0-9+/]{0,79}\d)[A-Za-z0-9+/]{60,80}(?![A-Za-z0-9+/_-])/g,
    REDACTED,
  ],
  // The same in base64, as Secrets and kubeconfigs hold it; certificates are public.
  [/LS0tLS1CRUdJTiB(?!DRVJU)[A-Za-z0-9+/=]{16,}/g, REDACTED],
  [
    /\b(client-key-data|id-token|refresh-token|access-token)(["']?\s{0,4}[:=]\s{0,4}["']?)[A-Za-z0-9+/=_.-]{8,}/gi,
    `$1$2${REDACTED}`,
  ],
];

const HEADERS: readonly SecretForm[] = [
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]{0,8192})?/g, REDACTED],
  [
    /\b((?:proxy-)?authorization)(\\{0,7}["']?[ \t]{0,4}:[ \t]{0,4}\\{0,7}["']?)[^\s"'\\][^\r\n"'\\]{0,8192}/gi,
    `$1$2${REDACTED}`,
  ],
  [
    /\b((?:proxy-)?authorization)(["']?\s{0,4}=\s{0,4}["']?)(?:(?:bearer|basic|digest|token)\s{1,4})?[^\s"',;]{1,8192}/gi,
    `$1$2${REDACTED}`,
  ],
  [/\b(bearer|basic)\s{1,4}[A-Za-z0-9+/=_.~-]{16,}/gi, `$1 ${REDACTED}`],
  [/\b(set-cookie|cookie)(["']?\s{0,4}:\s{0,4})[^\r\n"']{1,8192}/gi, `$1$2${REDACTED}`],
];

/** user:password@ of a URL and of other connection strings; the user's name stays. */
const URLS: readonly SecretForm[] = [
  [/\b([a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@"']{0,200}):[^\s/"']{1,2000}@/gi, `$1:${REDACTED}@`],
  // A password with a slash in it; digits before the slash would be a port.
  [/\b([a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@"']{0,200}):(?!\d{1,5}\/|\[redacted\])[^\s"']{1,200}@/gi, `$1:${REDACTED}@`],
  [/\b([a-z][a-z0-9+.-]{1,20}:\/\/)(?=[^\s:/@"']{0,200}\d)[A-Za-z0-9_%.~-]{20,200}@/gi, `$1${REDACTED}@`],
  [/(?<![\w.-])([\w.-]{1,64}):[^\s@"']{1,200}@(tcp|unix)\(/g, `$1:${REDACTED}@$2(`],
  [/(jdbc:oracle:[a-z]{1,10}:[^\s/@"']{1,100})\/[^\s@"']{1,200}@/gi, `$1/${REDACTED}@`],
  [/(hooks\.slack(?:-gov)?\.com\/)[^\s"'\\]{1,500}/gi, `$1${REDACTED}`],
  [/([?&;](?:sig|signature|x-amz-signature|x-goog-signature)=)[^\s"'&;]{8,2000}/gi, `$1${REDACTED}`],
  [/\b(X-(?:Amz|Goog)-Signature=)[^\s"'&;]{8,2000}/gi, `$1${REDACTED}`],
];

/** Tokens that are known by how they begin. */
const TOKENS: readonly SecretForm[] = [
  [/\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g, REDACTED],
  [/\b(?:xox[abeprs]|xapp)-[A-Za-z0-9-]{10,}/g, REDACTED],
  [/\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bglpat-[A-Za-z0-9_-]{16,}/g, REDACTED],
  [/\bAIza[A-Za-z0-9_-]{30,}|\bya29\.[A-Za-z0-9_-]{20,}|\b[srp]k_(?:live|test)_[A-Za-z0-9]{10,}/g, REDACTED],
  [/\bnpm_[A-Za-z0-9]{30,}|\bhv[sb]\.[A-Za-z0-9_-]{20,}|\bdop_v1_[a-f0-9]{32,}/g, REDACTED],
  [/\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|\bsk-(?=[A-Za-z_-]{0,40}\d)[A-Za-z0-9_-]{20,}/g, REDACTED],
  // Hashes of passwords: crypt, htpasswd.
  [/\$(?:apr1|2[aby]|[156y])\$[./A-Za-z0-9$]{8,200}/g, REDACTED],
  // kubeadm's bootstrap tokens.
  [/\b[a-z0-9]{6}\.(?=[a-z]{0,15}\d)[a-z0-9]{16}\b/g, REDACTED],
];

const KEYS: readonly SecretForm[] = [
  // In a sentence: `password is generated for root@localhost: …`, `password was set to …`.
  [/\b(pass(?:word|wd|phrase) (?:is|for|of|generated)\b[^\r\n:]{0,80}:\s{1,4})[^\s"']{4,500}/gi, `$1${REDACTED}`],
  [/\b(password (?:is|was)(?: set to)?\s{1,3}["']?)(?=[^\s"']{0,200}\d)[^\s"']{4,200}/gi, `$1${REDACTED}`],
  [
    new RegExp(`(?<![A-Za-z0-9/])(?<key>${KEY})(?<separator>${SEPARATOR})${VALUE}`, 'gi'),
    `$<key>$<separator>${REDACTED}`,
  ],
  [new RegExp(`(--${KEY})(\\s{1,4})(?!-)[^\\s"']{1,4096}`, 'gi'), `$1$2${REDACTED}`],
  [/\b([A-Z0-9_]{0,60}(?:_KEY|_PW|_AUTH|_DSN|_SALT|JWT)=)(?!\[redacted\])[^\s"',;&]{1,4096}/g, `$1${REDACTED}`],
  [/("(?:_?auth|identitytoken)"\s{0,4}:\s{0,4}")[A-Za-z0-9+/=_-]{12,}/gi, `$1${REDACTED}`],
];

/** Passwords that programs take as words. */
const PROGRAMS: readonly SecretForm[] = [
  [/(\s(?:-u|--user|--proxy-user)[ =]["']?[^\s:"'/]{1,100}):[^\s"']{1,500}/g, `$1:${REDACTED}`],
  [/\b(redis-cli\b[^\r\n|;&]{0,200}?\s(?:-a|--pass)\s{1,4})[^\s"']{1,500}/g, `$1${REDACTED}`],
  [/\b((?:mysql|mariadb)[a-z-]{0,20}\b[^\r\n|;&]{0,200}?\s-p)(?![\s$])[^\s"']{1,500}/g, `$1${REDACTED}`],
  [/\b(mongo(?:sh|dump)?\b[^\r\n|;&]{0,200}?\s-p\s{1,4})[^\s"']{1,500}/g, `$1${REDACTED}`],
];

/** In this order: whole blocks first, then what is known by its form, then what is known by its key. */
export const SECRET_FORMS: readonly SecretForm[] = [...BLOCKS, ...HEADERS, ...URLS, ...TOKENS, ...KEYS, ...PROGRAMS];

/** Cheap test that lets most lines through untouched. */
export const SUSPICIOUS =
  /private key|LS0tLS1|key-data|[_-]token|eyJ|authorization|bearer|basic\s|cookie|:\/\/|@tcp\(|@unix\(|jdbc:|hooks\.slack|sig|AKIA|ASIA|xox|xapp-|gh[pousr]_|github_pat|glpat-|AIza|ya29\.|k_live_|k_test_|npm_|hv[sb]\.|dop_v1|SG\.|sk-|\$(?:apr1|2[aby]|[156y])\$|[a-z0-9]{6}\.[a-z0-9]{16}|pass|pwd|secret|token|key|credential|_PW=|_AUTH=|_DSN=|_SALT=|JWT|auth"|-u\s|--user|--proxy-user|redis-cli|mysql|mariadb|mongo|[A-Za-z0-9+/]{60}/i;

/** The name of a field or variable whose value is a secret, whatever it looks like. */
export const SECRET_NAME = new RegExp(
  `^(?:.{0,200}[/._-])?(?:${KEY}|[A-Za-z0-9]{0,40}(?:credentials?|cookie|jwt|salt|dsn|connection_?string))$|(?:_|-|^)(?:key|pw|auth)$`,
  'i',
);
