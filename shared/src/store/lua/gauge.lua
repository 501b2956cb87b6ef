#!lua flags=no-writes
-- Tells how every lane of one shard stands.
--
-- KEYS    two for each lane: lane stream, delayed set
-- Result  for each lane {waiting, running, delayed, age of the oldest waiting job in milliseconds}
local now = now_ms()
local answer = {}
for index = 1, #KEYS / 2 do
  local stream = KEYS[2 * index - 1]
  local length, running, first = redis.call('XLEN', stream), 0, '-'
  if length > 0 then
    for _, group in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
      running = running + group[6]
      first = '(' .. group[8]
    end
  end
  local waiting, age = math.max(length - running, 0), 0
  local oldest = waiting > 0 and redis.call('XRANGE', stream, first, '+', 'COUNT', 1)[1]
  if oldest then
    age = math.max(now - tonumber(string.match(oldest[1], '^%d+')), 0)
  end
  answer[index] = { waiting, running, redis.call('ZCARD', KEYS[2 * index]), age }
end
return answer
