#!lua flags=no-writes
-- Shows the workers that gave a sign of life lately.
--
-- KEYS[1] hash of workers
-- ARGV[1] what every key of the list begins with
-- ARGV[2] milliseconds of silence after which a worker is not shown
-- Result  {{{name, state as JSON, milliseconds since the last sign}...}, {name of one told to drain...}}
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local answer = {}
local seen = redis.call('ZRANGEBYSCORE', ARGV[1] .. 'seen', now - ARGV[2], '+inf', 'WITHSCORES')
for at = 1, #seen, 2 do
  local state = redis.call('HGET', KEYS[1], seen[at])
  if state then
    -- A clock that was set back makes no silence below nothing.
    answer[#answer + 1] = { seen[at], state, math.max(0, now - tonumber(seen[at + 1])) }
  end
end
return { answer, redis.call('SMEMBERS', ARGV[1] .. 'drain') }
