/** What the desk does in Redis in one piece: each script changes all or nothing, and nobody sees it half done. */

/**
 * Takes events into a cluster's list, unless too many wait. KEYS: events, clusters. ARGV: cluster, most, topic, texts.
 * Gives how many wait afterwards, or -1 where nothing was taken.
 */
export const ACCEPT = `
if redis.call('LLEN', KEYS[1]) + #ARGV - 3 > tonumber(ARGV[2]) then return -1 end
local length = 0
for i = 4, #ARGV do length = redis.call('RPUSH', KEYS[1], ARGV[i]) end
redis.call('SADD', KEYS[2], ARGV[1])
redis.call('PUBLISH', ARGV[3], ARGV[1])
return length`;

/**
 * Reads a cluster's revision and first events, and its board too where the revision is not the known one.
 * KEYS: revision, events, incidents, storms, alerts. ARGV: known revision, most events, most characters of
 * events, prefixes of incidents and storms, most characters of a record.
 */
export const LOAD = `
local rev = redis.call('GET', KEYS[1]) or ''
local events, size = {}, 0
for i = 0, tonumber(ARGV[2]) - 1 do
  local text = redis.call('LINDEX', KEYS[2], i)
  if not text then break end
  size = size + #text
  if i > 0 and size > tonumber(ARGV[3]) then break end
  table.insert(events, text)
end
if rev ~= '' and rev == ARGV[1] then return {rev, events} end
local function records(set, prefix)
  local out = {}
  for _, id in ipairs(redis.call('SMEMBERS', set)) do
    -- What somebody else wrote under a record's name is no record, and holds up nobody else's.
    local text = redis.pcall('GET', prefix .. id)
    table.insert(out, id)
    table.insert(out, type(text) == 'string' and #text <= tonumber(ARGV[6]) and text or '')
  end
  return out
end
return {rev, events, records(KEYS[3], ARGV[4]), records(KEYS[4], ARGV[5]), redis.call('HGETALL', KEYS[5])}`;

/**
 * Keeps a step. KEYS: revision, events, incidents, storms, alerts, to show, index, open, clusters.
 * ARGV: expected revision, new one, taken events, beginning of the last of them, seconds to keep, cluster, prefixes of
 * incidents and storms, then counted groups: incidents (id, text, rev, milliseconds, open), storms (id, text, rev), alerts
 * (id, text), ids off the board of incidents, storms, alerts. Gives 1, or 0 where somebody else was first.
 */
export const SAVE = `
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
local taken = tonumber(ARGV[3])
if taken > 0 then
  local last = redis.call('LINDEX', KEYS[2], taken - 1) or ''
  if string.sub(last, 1, #ARGV[4]) ~= ARGV[4] then return 0 end
end
local at = 9
local function group(width, work)
  local count = tonumber(ARGV[at])
  at = at + 1
  for _ = 1, count do
    work(at)
    at = at + width
  end
end
group(5, function(i)
  redis.call('SET', ARGV[7] .. ARGV[i], ARGV[i + 1])
  redis.call('SADD', KEYS[3], ARGV[i])
  redis.call('HSET', KEYS[6], ARGV[i], ARGV[i + 2])
  redis.call('ZADD', KEYS[7], ARGV[i + 3], ARGV[i])
  if ARGV[i + 4] == '1' then redis.call('ZADD', KEYS[8], ARGV[i + 3], ARGV[i]) else redis.call('ZREM', KEYS[8], ARGV[i]) end
end)
group(3, function(i)
  redis.call('SET', ARGV[8] .. ARGV[i], ARGV[i + 1])
  redis.call('SADD', KEYS[4], ARGV[i])
  redis.call('HSET', KEYS[6], ARGV[i], ARGV[i + 2])
end)
group(2, function(i) redis.call('HSET', KEYS[5], ARGV[i], ARGV[i + 1]) end)
group(1, function(i)
  redis.call('SREM', KEYS[3], ARGV[i])
  redis.call('ZREM', KEYS[8], ARGV[i])
  redis.call('EXPIRE', ARGV[7] .. ARGV[i], ARGV[5])
end)
group(1, function(i)
  redis.call('SREM', KEYS[4], ARGV[i])
  redis.call('EXPIRE', ARGV[8] .. ARGV[i], ARGV[5])
end)
group(1, function(i) redis.call('HDEL', KEYS[5], ARGV[i]) end)
if taken > 0 then redis.call('LTRIM', KEYS[2], taken, -1) end
local time = redis.call('TIME')
redis.call('ZREMRANGEBYSCORE', KEYS[7], '-inf', (time[1] - ARGV[5]) * 1000)
if redis.call('EXISTS', KEYS[2], KEYS[3], KEYS[4], KEYS[5]) == 0 then
  redis.call('SREM', KEYS[9], ARGV[6])
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], ARGV[2])
end
return 1`;

/** Forgets that an id is to be shown, unless a newer revision is. KEYS: to show. ARGV: id, shown revision. */
export const SHOWN = `
local due = redis.call('HGET', KEYS[1], ARGV[1])
if due and tonumber(due) <= tonumber(ARGV[2]) then return redis.call('HDEL', KEYS[1], ARGV[1]) end
return 0`;
