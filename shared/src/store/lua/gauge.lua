#!lua flags=no-writes
-- Tells how every lane of one shard stands.
--
-- KEYS[1] open hash of the shard
-- ARGV[9] most sessions to look at for the oldest job
-- Result  for each lane {jobs not settled, running, put aside, put aside and due, age of the oldest waiting
--         job in milliseconds}
local now = now_ms()
local held = redis.call('HMGET', open, 'l1', 'l2', 'l3', 'l4', 'r1', 'r2', 'r3', 'r4')

-- The first job of an entry that no take came to yet.
local function first_of(place, entry)
  local begun = redis.call('HGET', base .. 'begun', place) or ''
  local id, through = string.match(begun, '^(.*):(%d+)$')
  local at = id == entry[1] and 16 * through or 0
  return string.sub(entry[2][2], at + 1, at + 16)
end

local function oldest_ms(lane)
  local oldest = now
  for _, member in ipairs(redis.call('ZRANGE', base .. 'ring:' .. lane, 0, ARGV[FIRST] - 1)) do
    local place = lane .. ':' .. member
    local entry = redis.call('XRANGE', base .. 'q:' .. place, '-', '+', 'COUNT', 1)[1]
    local record = entry and read_record(first_of(place, entry))
    if record and record[STATE] == WAITING then
      oldest = math.min(oldest, record[AT])
    end
  end
  return now - oldest
end

local answer = {}
for lane = 1, 4 do
  local later = base .. 'later:' .. lane
  answer[lane] = { tonumber(held[lane] or 0), tonumber(held[4 + lane] or 0), redis.call('ZCARD', later),
    redis.call('ZCOUNT', later, '-inf', now), oldest_ms(lane) }
end
return answer
