/**
 * The limits' scripts on Redis, which alone see a limit of all servers at one moment. A rate is a hash of what of its
 * bucket is used and since when; what is open is a hash of counts by server, of which those count whose server is alive.
 */
import { script } from '../bus/script.ts';

/** A server that has not said for so long that it is alive counts for nothing. */
export const aliveMs = 10_000;

const preamble = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local alive, server = KEYS[1], ARGV[1]
local function rate(key, limit)
  local row = redis.call('HMGET', key, 'used', 'at')
  local used, at = tonumber(row[1] or '0'), tonumber(row[2] or now)
  return math.max(0, used - math.max(0, now - at) * limit / 60000)
end
local function keep(key, used, limit)
  if used <= 0 then
    redis.call('DEL', key)
    return
  end
  redis.call('HSET', key, 'used', string.format('%.6f', used), 'at', now)
  redis.call('PEXPIRE', key, math.ceil(used * 60000 / limit) + 1000)
end
local function open(key)
  local fields, count = redis.call('HGETALL', key), 0
  for i = 1, #fields, 2 do
    if fields[i] == server or redis.call('EXISTS', alive .. fields[i]) == 1 then
      count = count + tonumber(fields[i + 1])
    else
      redis.call('HDEL', key, fields[i])
    end
  end
  return count
end
local function hold(key, count)
  if count <= 0 then
    redis.call('HDEL', key, server)
  else
    redis.call('HSET', key, server, count)
    redis.call('PEXPIRE', key, 604800000)
  end
end
`;

/**
 * Takes from all limits or from none. KEYS: the prefix of the keys of servers that are alive, then one for each limit.
 * ARGV: this server, `1` to take though a limit is passed, then for each limit `rate` or `open`, the limit, how much is
 * taken, and how much has to be left. Gives 0, or the number of the limit for which one has to wait longest, and
 * milliseconds.
 */
export const takeScript = script(`${preamble}
redis.call('SET', alive .. server, '1', 'PX', ${aliveMs})
local worst, wait, found = 0, 0, {}
for i = 1, #KEYS - 1 do
  local at = i * 4 - 2
  local limit, amount, needed, waits = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4]), 0
  if ARGV[at + 1] == 'rate' then
    found[i] = rate(KEYS[i + 1], limit)
    local missing = found[i] + needed - limit
    if missing > 1e-5 then waits = missing * 60000 / limit end
  elseif open(KEYS[i + 1]) + needed > limit then
    waits = 1000
  end
  if waits > wait then worst, wait = i, waits end
end
if worst > 0 and ARGV[2] ~= '1' then return {worst, math.ceil(wait)} end
for i = 1, #KEYS - 1 do
  local at = i * 4 - 2
  local amount = tonumber(ARGV[at + 3])
  if ARGV[at + 1] == 'rate' then
    keep(KEYS[i + 1], found[i] + amount, tonumber(ARGV[at + 2]))
  else
    hold(KEYS[i + 1], tonumber(redis.call('HGET', KEYS[i + 1], server) or '0') + amount)
  end
end
return {0, 0}`);

/**
 * Adds to what is used, or gives back. KEYS as above. ARGV: this server, then for each limit `rate` or `open`, the limit,
 * and how much, negative to give back.
 */
export const settleScript = script(`${preamble}
for i = 1, #KEYS - 1 do
  local at = i * 3 - 2
  local amount = tonumber(ARGV[at + 3])
  if ARGV[at + 1] == 'rate' then
    local limit = tonumber(ARGV[at + 2])
    keep(KEYS[i + 1], rate(KEYS[i + 1], limit) + amount, limit)
  else
    hold(KEYS[i + 1], tonumber(redis.call('HGET', KEYS[i + 1], server) or '0') + amount)
  end
end`);

/** What is used of each limit, as texts. KEYS as above. ARGV: this server, then for each limit `rate` or `open`, and the limit. */
export const readScript = script(`${preamble}
local used = {}
for i = 1, #KEYS - 1 do
  if ARGV[i * 2] == 'rate' then
    used[i] = string.format('%.6f', rate(KEYS[i + 1], tonumber(ARGV[i * 2 + 1])))
  else
    used[i] = tostring(open(KEYS[i + 1]))
  end
end
return used`);

/** Says that this server is alive and what it has open. KEYS: the prefix, then what is open. ARGV: this server, then counts. */
export const holdScript = script(`${preamble}
redis.call('SET', alive .. server, '1', 'PX', ${aliveMs})
for i = 1, #KEYS - 1 do hold(KEYS[i + 1], tonumber(ARGV[i + 1])) end`);

/** Says that this server is alive; gives 1 if it counted as alive before. KEYS: the prefix. ARGV: this server. */
export const aliveScript = script(`
local was = redis.call('EXISTS', KEYS[1] .. ARGV[1])
redis.call('SET', KEYS[1] .. ARGV[1], '1', 'PX', ${aliveMs})
return was`);

/** This server ends: nothing of it is open any more. KEYS: the prefix. ARGV: this server. */
export const endScript = script(`redis.call('DEL', KEYS[1] .. ARGV[1])`);
