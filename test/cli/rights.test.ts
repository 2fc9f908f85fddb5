/** `kubewhy rights`: the role is what the remediations declare. */
import { describe, expect, test } from 'vitest';
import { rightsText } from '../../src/cli/rights.ts';
import { REMEDIATIONS } from '../../src/remediations/index.ts';

interface Role {
  kind: string;
  rules: { apiGroups: string[]; resources: string[]; resourceNames?: string[]; verbs: string[] }[];
}

const role = (names: string[] = []): Role => JSON.parse(rightsText(names, true)) as Role;

describe('the remediator’s role', () => {
  test('every declared right is in it, and nothing that nobody declared', () => {
    const { rules } = role();
    const declared = REMEDIATIONS.flatMap((remediation) => remediation.rights);
    expect(declared.length).toBeGreaterThan(10);
    for (const right of declared) {
      const given = rules.some(
        (rule) =>
          rule.apiGroups.includes(right.group) &&
          rule.resources.includes(right.resource) &&
          rule.verbs.includes(right.verb) &&
          (rule.resourceNames === undefined || rule.resourceNames.includes(right.name ?? '')),
      );
      expect({ right, given }).toEqual({ right, given: true });
    }
    for (const rule of rules) {
      for (const verb of rule.verbs) {
        const asked = declared.some(
          (right) =>
            rule.apiGroups.includes(right.group) && rule.resources.includes(right.resource) && right.verb === verb,
        );
        expect({ rule, verb, asked }).toEqual({ rule, verb, asked: true });
      }
    }
  });

  test('no secrets, no wildcards, no right to hand out rights', () => {
    const text = rightsText([], true);
    expect(text).not.toContain('*');
    expect(text).not.toMatch(/"(secrets|roles|clusterroles|rolebindings|clusterrolebindings)"/);
    expect(text).not.toMatch(/"(escalate|bind|impersonate)"/);
  });

  test('YAML for kubectl by default', () => {
    expect(rightsText([], false)).toMatch(/^apiVersion: rbac.authorization.k8s.io\/v1\nkind: ClusterRole\n/);
  });

  test('a name that is none is told the nearest', () => {
    expect(() => rightsText(['set-sysctls'], true)).toThrow(
      'I know no remediation "set-sysctls". Did you mean set-sysctl?',
    );
  });
});
