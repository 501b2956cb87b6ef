#!lua flags=no-writes
-- Tells how every lane of one shard stands.
--
-- KEYS[1] open hash of the shard
-- ARGV[9] most sessions to look at for the oldest job
-- Result  for each lane {jobs not settled, running, put aside, put aside and due, age of the oldest waiting
--         job in milliseconds}
local now = now_ms()
local held = redis.call('HMGET', open, 'l1', 'l2', 'l3', 'l4', 'r1', 'r2', 'r3', 'r4')

local function oldest_ms(lane)
  local oldest = now
  for _, member in ipairs(redis.call('ZRANGE', base .. 'ring:' .. lane, 0, ARGV[FIRST] - 1)) do
    local entry = redis.call('XRANGE', base .. 'q:' .. lane .. ':' .. member, '-', '+', 'COUNT', 1)[1]
    local record = entry and read_record(entry[2][2])
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
