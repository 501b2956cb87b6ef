#!lua flags=allow-oom
-- Hands events of a tenant's results stream to a reader: first those whose time in another hand is over, then
-- new ones. Its place is a consumer group without a list of pending entries: those lie in a sorted set by when
-- they are handed out again, so that nobody has to search them.
--
-- KEYS[1]  open hash of the shard
-- ARGV[9]  tenant
-- ARGV[10] reader
-- ARGV[11] most events to answer
-- ARGV[12] milliseconds after which an event that was not acknowledged is handed out again
-- ARGV[13] session as `tenant:session`, '' for all
-- ARGV[14] letters of the states to tell of, `b` for batches
-- ARGV[15] most readers of this kind
-- Result   {1 when there may be more, else 0; -1 when there are too many readers, events gone before they
--          were acknowledged, {{times handed out, event}...}} with an event as page.lua has it
local tenant, reader, most = ARGV[FIRST], ARGV[10], tonumber(ARGV[11])
local out, held = base .. 'out:' .. tenant, base .. 'held:' .. tenant .. ':' .. reader
local tries = base .. 'tries:' .. tenant .. ':' .. reader
local now, events, gone = now_ms(), {}, 0

local function is_wanted(event)
  local letter = #event == 3 and event[3][STATE] or 'b'
  return string.find(ARGV[14], letter, 1, true)
end

local function give(event)
  redis.call('ZADD', held, now + ARGV[12], event[1])
  events[#events + 1] = { redis.call('HINCRBY', tries, event[1], 1), event }
end

local function give_again(place)
  local id, number = split(place)
  local entry = redis.call('XRANGE', out, id, id)[1]
  local event = entry and event_of(entry, number or size_of(entry))
  if event then
    give(event)
  else
    redis.call('ZREM', held, place)
    redis.call('HDEL', tries, place)
    gone = gone + 1
  end
end

-- What an entry tells beyond what was asked for is in hand too, but due at once and not handed out yet.
local function give_all(entry)
  local is_of_session = ARGV[13] == '' or entry[2][6] == ARGV[13]
  for number = 1, is_of_session and size_of(entry) or 0 do
    local event = event_of(entry, number)
    if event and is_wanted(event) and #events < most then
      give(event)
    elseif event and is_wanted(event) then
      redis.call('ZADD', held, now, event[1])
    end
  end
end

local function begin()
  local kind, same = string.sub(reader, 1, 2), 0
  for _, group in ipairs(redis.call('XINFO', 'GROUPS', out)) do
    same = same + (string.sub(group[2], 1, 2) == kind and 1 or 0)
  end
  if same >= tonumber(ARGV[15]) then
    return false
  end
  redis.call('XGROUP', 'CREATE', out, reader, '0')
  return true
end

local function read_new(count)
  return redis.pcall('XREADGROUP', 'GROUP', reader, 'reader', 'COUNT', count, 'NOACK', 'STREAMS', out, '>')
end

-- Entries that are not wanted are read over, but not without end in one call: Redis serves nobody meanwhile.
local function take_new()
  local size = most
  for _ = 1, 10 do
    -- As many entries as hold the events, as far as the last round tells.
    local want, told = math.ceil((most - #events) / size), 0
    local read = read_new(want)
    if read and read.err then
      if not begin() then
        return -1
      end
      read = read_new(want)
    end
    local entries = read and read[1][2] or {}
    for _, entry in ipairs(entries) do
      give_all(entry)
      told = told + size_of(entry)
    end
    if #entries < want or #events >= most then
      return #entries < want and 0 or 1
    end
    size = math.max(1, told / #entries)
  end
  return 1
end

if redis.call('EXISTS', out) == 0 then
  return { 0, 0, events }
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', held, '-inf', now, 'LIMIT', 0, most)) do
  give_again(id)
end
local more = #events < most and take_new() or 1
-- An event in hand lives as long as its entry, so no longer than this after the reader's last turn.
redis.call('PEXPIRE', held, ARGV[5])
redis.call('PEXPIRE', tries, ARGV[5])
return { more, gone, events }
