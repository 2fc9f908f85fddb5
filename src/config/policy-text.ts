/** The text of a policy: YAML, bounded, and every mistake named with its line and what would be right. */
import { type Document, isMap, isNode, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { errorText } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { FixPolicy } from '../core/policy.ts';
import { isTimeZone } from '../core/policy-decision.ts';
import { ConfigError } from './fields.ts';

/** Aliases save nothing in a policy, and a few of them make gigabytes. */
const MOST_ALIASES = 20;
/** More mistakes than this are not read at once. */
const MOST_PROBLEMS = 10;

type Path = readonly PropertyKey[];
interface Mistake {
  readonly path: Path;
  readonly says: string;
}

/**
 * Reads the text of a policy; `name` stands in the sentences. `remediationIds`: every name that a rule may use.
 * @throws ConfigError with one sentence for each mistake: `KUBEWHY_POLICY policy.yaml line 7: rules[0].approvers: …`.
 */
export function parsePolicy(text: string, name: string, remediationIds: readonly string[]): FixPolicy {
  const lines = new LineCounter();
  const fail = (mistakes: readonly { line: number | undefined; says: string }[]): ConfigError =>
    new ConfigError(
      mistakes
        .slice(0, MOST_PROBLEMS)
        .map(({ line, says }) => `KUBEWHY_POLICY ${name}${line === undefined ? '' : ` line ${line}`}: ${says}`),
    );
  let document: Document.Parsed;
  let value: unknown;
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, stringKeys: true });
    const wrong = document.errors.map(({ pos, message }) => ({ line: lines.linePos(pos[0]).line, says: message }));
    if (wrong.length > 0) throw fail(wrong);
    value = document.toJS({ maxAliasCount: MOST_ALIASES });
  } catch (error) {
    // Too many aliases, or brackets nested until the stack ends.
    throw error instanceof ConfigError ? error : fail([{ line: undefined, says: errorText(error) }]);
  }
  const parsed = FixPolicy.safeParse(value);
  const mistakes = parsed.success
    ? meaning(parsed.data, remediationIds)
    : parsed.error.issues.flatMap((issue) => mistakesOf(issue));
  if (parsed.success && mistakes.length === 0) return parsed.data;
  throw fail(
    mistakes.map(({ path, says }) => ({
      line: lineOf(document, path, lines),
      says: path.length === 0 ? says : `${pathText(path)}: ${says}`,
    })),
  );
}

/** One sentence, or several where keys are unknown; a choice of forms is told by the form that was meant. */
function mistakesOf(issue: z.core.$ZodIssue, base: Path = []): Mistake[] {
  const path = [...base, ...issue.path];
  if (issue.code === 'invalid_union') {
    // The form that knows more of the keys is the one that was meant.
    const unknown = (issues: readonly z.core.$ZodIssue[]): number =>
      issues.reduce((sum, one) => sum + (one.code === 'unrecognized_keys' ? one.keys.length : 0), 0);
    const [meant = []] = [...issue.errors].sort((a, b) => unknown(a) - unknown(b) || a.length - b.length);
    return meant.flatMap((one) => mistakesOf(one, path));
  }
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: [...path, key], says: `there is no "${key.slice(0, 60)}"${near(key)}` }));
  if (issue.code === 'invalid_type' && issue.input === undefined && issue.message.endsWith('received undefined'))
    return [{ path, says: 'is missing' }];
  // The forms of core/policy.ts say what would be right, zod's own that something is not.
  const ours = issue.code === 'invalid_format' && !issue.message.startsWith('Invalid');
  return [{ path, says: ours ? `expected ${issue.message}` : issue.message }];
}

/** Every key of a policy, for "did you mean". */
const KEYS = (
  'version rules freezes limits remediations clusters namespaces approvers users groups approvals requesterMayApprove ' +
  'from until reason days start end timeZone nodes expiryMinutes coolDownMinutes'
).split(' ');

function near(given: string, known: Iterable<string> = KEYS): string {
  const [name] = nearest(given, known, 1);
  return name === undefined || name === given ? '' : `; did you mean ${name}?`;
}

/** What is well-formed and still wrong: each would allow nobody, or mean something else than it says. */
function meaning(policy: FixPolicy, remediationIds: readonly string[]): Mistake[] {
  const rules = policy.rules.flatMap((rule, i): Mistake[] => [
    ...rule.remediations.flatMap((id, k): Mistake[] =>
      id === '*' || remediationIds.includes(id)
        ? []
        : [
            {
              path: ['rules', i, 'remediations', k],
              says: `there is no remediation "${id}"${near(id, remediationIds)}`,
            },
          ],
    ),
    ...stars(rule.clusters, ['rules', i, 'clusters']),
    ...stars(rule.namespaces, ['rules', i, 'namespaces']),
    ...(rule.approvers.groups.length === 0 && new Set(rule.approvers.users).size < rule.approvals
      ? [
          {
            path: ['rules', i, 'approvals'],
            says: `${rule.approvals} approvals are asked for, and only ${new Set(rule.approvers.users).size} may approve`,
          },
        ]
      : []),
  ]);
  const freezes = policy.freezes.flatMap((freeze, i): Mistake[] => {
    const own: Mistake[] = stars(freeze.clusters, ['freezes', i, 'clusters']);
    if ('days' in freeze) {
      if (!isTimeZone(freeze.timeZone))
        own.push({
          path: ['freezes', i, 'timeZone'],
          says: `"${freeze.timeZone}" is no time zone such as Europe/Berlin`,
        });
    } else if (!(Date.parse(freeze.from) < Date.parse(freeze.until))) {
      own.push({ path: ['freezes', i, 'until'], says: 'the freeze ends before it begins' });
    }
    return own;
  });
  return [...rules, ...freezes];
}

/** A `*` inside a name would be taken to the letter, and match nothing. */
function stars(patterns: readonly string[], path: Path): Mistake[] {
  return patterns.flatMap((pattern, i) =>
    pattern.includes('*') && pattern !== '*'
      ? [{ path: [...path, i], says: `"${pattern}" fits nothing: a * stands alone and means all` }]
      : [],
  );
}

/** The line of a path, or of the nearest thing around it. */
function lineOf(document: Document.Parsed, path: Path, lines: LineCounter): number | undefined {
  for (let length = path.length; length >= 0; length -= 1) {
    const keys = path.slice(0, length);
    const parent: unknown = length === 0 ? undefined : document.getIn(keys.slice(0, -1), true);
    // The key's own line: the value of a list or map begins one line further down.
    const pair = isMap(parent)
      ? parent.items.find(({ key }) => isNode(key) && key.toString() === String(keys.at(-1)))
      : undefined;
    const node: unknown = pair?.key ?? document.getIn(keys, true);
    const start = isNode(node) ? node.range?.[0] : undefined;
    if (start !== undefined) return lines.linePos(start).line;
  }
  return undefined;
}

/** `rules[0].approvers`. */
function pathText(path: Path): string {
  return path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`),
    '',
  );
}
