/** Plain data as YAML, for patches that a person commits. Strings are quoted wherever YAML might read them as something else. */

/** Gives YAML in block style, keys in the order they have; undefined members are left out, as in JSON. */
export function yamlText(value: unknown): string {
  return block(value, 0).join('\n');
}

function block(value: unknown, depth: number): string[] {
  const pad = '  '.repeat(depth);
  if (Array.isArray(value) && value.length > 0)
    return value.flatMap((item) => {
      const [first = '', ...rest] = block(item, depth + 1);
      return [`${pad}- ${first.trimStart()}`, ...rest];
    });
  const members = membersOf(value);
  if (members.length === 0) return [`${pad}${scalar(value)}`];
  return members.flatMap(([key, member]) => {
    const nested = (Array.isArray(member) && member.length > 0) || membersOf(member).length > 0;
    if (!nested) return [`${pad}${scalar(key)}: ${scalar(member)}`];
    return [`${pad}${scalar(key)}:`, ...block(member, depth + 1)];
  });
}

function membersOf(value: unknown): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).filter(([, member]) => member !== undefined);
}

/** JSON is YAML: whatever is not surely a plain string is written as JSON. */
function scalar(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value) ?? 'null';
  const plain = /^[A-Za-z_/][\w./-]*$/.test(value) && !/^(true|false|yes|no|on|off|null|y|n)$/i.test(value);
  return plain ? value : JSON.stringify(value);
}
