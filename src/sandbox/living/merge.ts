/** Carries a change of what the cluster makes of an object into the object as it stands, leaving alone what clients wrote. */
import { isDeepStrictEqual } from 'node:util';

type Json = unknown;
type JsonMap = Record<string, Json>;

/** Gives `live` with the difference between `before` and `after`; what did not differ stays as it is. */
export function carry(before: Json, after: Json, live: Json): Json {
  if (isDeepStrictEqual(before, after)) return live;
  if (isMap(before) && isMap(after) && isMap(live)) return carryMap(before, after, live);
  if (Array.isArray(before) && Array.isArray(after) && Array.isArray(live)) return carryList(before, after, live);
  return after;
}

function carryMap(before: JsonMap, after: JsonMap, live: JsonMap): JsonMap {
  const out: JsonMap = { ...live };
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (after[key] !== undefined) out[key] = carry(before[key], after[key], live[key]);
    else if (before[key] !== undefined) delete out[key];
  }
  return out;
}

/** Lists whose members can be told apart are carried member by member; of others the new one is taken. */
function carryList(before: Json[], after: Json[], live: Json[]): Json[] {
  const [old, next, now] = [before, after, live].map(byIdentity);
  if (old === undefined || next === undefined || now === undefined) return after;
  const kept = [...now].flatMap(([id, member]) => {
    if (!next.has(id)) return old.has(id) ? [] : [member];
    return [carry(old.get(id), next.get(id), member)];
  });
  const added = [...next].filter(([id]) => !old.has(id) && !now.has(id)).map(([, member]) => member);
  return [...kept, ...added];
}

function byIdentity(list: Json[]): Map<string, Json> | undefined {
  const out = new Map(list.map((member) => [identity(member), member]));
  return out.size === list.length ? out : undefined;
}

function identity(member: Json): string {
  if (!isMap(member)) return JSON.stringify(member);
  const named = ['type', 'name', 'ip'].find((field) => typeof member[field] === 'string');
  const { key, effect } = member;
  if (typeof key === 'string') return JSON.stringify([key, effect]);
  return JSON.stringify(named === undefined ? member : member[named]);
}

function isMap(value: Json): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
