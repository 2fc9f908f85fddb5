/** What people read and copy before the first start: READMEs and deploy/ say what the code does, and go stale with a failing test. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { rightsText } from '../src/cli/rights.ts';
import { parsePolicy } from '../src/config/policy-text.ts';
import { REMEDIATIONS } from '../src/remediations/index.ts';
import { RULES } from '../src/rules/index.ts';

const ROOT = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const IDS = REMEDIATIONS.map(({ id }) => id);
const WRITES = ['create', 'delete', 'patch', 'update'];
const ruleSources = readdirSync(join(ROOT, 'src/rules'), { withFileTypes: true, recursive: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));

/** The first sentence of the page about a remediation's undo. */
function undoOf(id: string): string {
  return /\n## Undo\n+(.*)/.exec(read(`src/remediations/${id}.md`))?.[1] ?? '';
}

describe.each([
  ['README.md', 'none', /^No rule offers .*$/m, /\b(\d+) rules has its page/],
  ['README.zh-CN.md', '无', /^目前没有规则提供.*$/m, /^(\d+) 条规则各有一页/m],
])('%s', (file, none, unoffered, count) => {
  const page = read(file);
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| ([^|]+) \| ([^|]+) \| (API|agent) \|$/gm)].map(
    ([, id = '', what = '', back = '', by = '']) => ({ id, what, back, by }),
  );

  test('has a row for each remediation, sorted', () => {
    expect(rows.map(({ id }) => id)).toEqual(IDS);
  });

  test.each(REMEDIATIONS)('$id: who does it, and whether there is a way back', ({ id, rights, nodeSteps = [] }) => {
    const row = rows.find((one) => one.id === id);
    const byAgent = nodeSteps.length > 0;
    expect(row?.by).toBe(byAgent ? 'agent' : 'API');
    expect(rights.some(({ verb }) => WRITES.includes(verb))).toBe(!byAgent);
    expect(undoOf(id)).not.toBe('');
    expect({ id, none: row?.back === none }).toEqual({ id, none: /^(None|There is none)\b/.test(undoOf(id)) });
  });

  test('names those that no rule offers', () => {
    const named = [...(unoffered.exec(page)?.[0] ?? '').matchAll(/`([a-z-]+)`/g)].map(([, id]) => id);
    expect(named).toEqual(IDS.filter((id) => !ruleSources.some((text) => text.includes(`'${id}'`))));
    expect(named.length).toBeLessThan(IDS.length);
  });

  test('counts the rules', () => {
    expect(Number(count.exec(page)?.[1])).toBe(RULES.length);
  });

  test('its example of a policy is one', () => {
    const example = /```yaml\n([\s\S]*?)```/.exec(page)?.[1]?.replaceAll(/^ {3}/gm, '') ?? '';
    expect(parsePolicy(example, file, IDS).rules.length).toBe(2);
  });

  test('names no file of the repository that is not there', () => {
    const names = [...page.matchAll(/(?:`|\]\()((?:deploy|src|\.github)\/[\w./-]+)[`)]/g)].map(([, path = '']) => path);
    expect(names.length).toBeGreaterThan(8);
    const missing = names.filter((path) => {
      try {
        return readdirSync(join(ROOT, path)).length === 0;
      } catch (error) {
        return (error as NodeJS.ErrnoException).code !== 'ENOTDIR';
      }
    });
    expect(missing).toEqual([]);
  });
});

describe('deploy/', () => {
  test('remediator-role.yaml is what kubewhy rights prints', () => {
    const how = 'make it anew: npm run build && npx kubewhy rights > deploy/remediator-role.yaml';
    expect(read('deploy/remediator-role.yaml'), how).toBe(rightsText([], false));
  });

  test('remediator-account.yaml binds that role to the remediator alone', () => {
    const Binding = z.object({
      roleRef: z.object({ kind: z.string(), name: z.string() }),
      subjects: z.array(z.object({ kind: z.string(), name: z.string(), namespace: z.string() })),
    });
    const documents = parseAllDocuments(read('deploy/remediator-account.yaml')).map((one): unknown => one.toJS());
    const binding = Binding.parse(documents.at(-1));
    const role = parse(rightsText([], false)) as { kind: string; metadata: { name: string } };
    expect(binding.roleRef).toEqual({ kind: role.kind, name: role.metadata.name });
    expect(binding.subjects).toEqual([{ kind: 'ServiceAccount', name: 'kubewhy-remediator', namespace: 'kubewhy' }]);
    expect(documents).toContainEqual(
      expect.objectContaining({
        kind: 'ServiceAccount',
        metadata: { name: 'kubewhy-remediator', namespace: 'kubewhy' },
      }),
    );
  });

  test('the worker’s role writes nothing and reads no Secret', () => {
    const text = read('deploy/reader-role.yaml');
    const verbs = [...text.matchAll(/verbs: \[([^\]]+)\]/g)].flatMap(([, list = '']) => list.split(', '));
    expect(verbs.length).toBeGreaterThan(10);
    expect(verbs.filter((verb) => !['get', 'list', 'watch'].includes(verb))).toEqual([]);
    expect(text).not.toMatch(/\bsecrets\b|\*/);
  });

  test('the Slack app has buttons, and a scope for each method that is called', () => {
    const app = parse(read('deploy/slack-app.yaml')) as {
      oauth_config: { scopes: { bot: string[] } };
      settings: { interactivity: { is_enabled: boolean } };
    };
    expect(app.settings.interactivity.is_enabled).toBe(true);
    const { bot } = app.oauth_config.scopes;
    for (const [method, scopes] of Object.entries(SCOPES))
      expect({ method, bot }).toEqual({ method, bot: expect.arrayContaining([...scopes]) });
    const called = calledMethods();
    expect(called.length).toBeGreaterThan(8);
    expect(called.filter((method) => !Object.hasOwn(SCOPES, method))).toEqual([]);
  });

  test('the agent’s unit is read-only; only the drop-in takes a key for steps', () => {
    const unit = directives('deploy/kubewhy-agent.service');
    const steps = directives('deploy/kubewhy-agent-steps.conf');
    expect(unit).not.toMatch(/GRANT_KEY|STATE_DIR|CAP_SYS_ADMIN/);
    expect(unit).toMatch(/^ProtectSystem=strict$/m);
    expect(steps).toMatch(/KUBEWHY_AGENT_GRANT_KEY=.*\n.*KUBEWHY_AGENT_STATE_DIR=/);
    // What WRITES.md asks for.
    expect(steps).toMatch(/^CapabilityBoundingSet=CAP_SYS_ADMIN$/m);
    expect(`${unit}${steps}`).toMatch(/CAP_NET_ADMIN/);
    expect(steps).toMatch(/^ProtectSystem=no$/m);
    expect(steps).toMatch(/^ProtectKernelTunables=no$/m);
    const known = read('src/config/agent.ts');
    for (const [, name = ''] of `${unit}${steps}`.matchAll(/(KUBEWHY_AGENT_[A-Z_]+)=/g)) expect(known).toContain(name);
  });
});

/** Bot scopes by method (docs.slack.dev); `conversations.history` and `.replies` are asked only where somebody adds theirs. */
const SCOPES: Readonly<Record<string, readonly string[]>> = {
  'auth.test': [],
  'chat.getPermalink': [],
  'chat.postEphemeral': ['chat:write'],
  'chat.postMessage': ['chat:write'],
  'chat.update': ['chat:write'],
  'conversations.history': [],
  'conversations.info': ['channels:read', 'groups:read'],
  'conversations.replies': [],
  'files.completeUploadExternal': ['files:write'],
  'files.getUploadURLExternal': ['files:write'],
  'usergroups.users.list': ['usergroups:read'],
  'users.info': ['users:read'],
  'views.open': [],
};

/** Methods of the Web API that stand in bot, worker and the Slack adapter. */
function calledMethods(): string[] {
  const found = new Set<string>();
  for (const folder of ['src/bot', 'src/worker', 'src/adapters/slack']) {
    for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })) {
      if (!entry.isFile()) continue;
      const text = readFileSync(join(entry.parentPath, entry.name), 'utf8');
      const names = /'((?:auth|chat|conversations|files|reactions|team|usergroups|users|views)\.[A-Za-z.]+)'/g;
      for (const [, method = ''] of text.matchAll(names)) found.add(method);
    }
  }
  return [...found].sort();
}

/** A unit file without its comments. */
function directives(path: string): string {
  return read(path)
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n');
}
