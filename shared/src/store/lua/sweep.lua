#!lua flags=allow-oom
-- Forgets workers of one shard that are gone and hold nothing, and ends events past their age.
--
-- KEYS[1]    tenants set; the results streams are named by its members, so they cannot be declared, but
--            carry the same hash tag
-- KEYS[2..]  lane streams
-- ARGV[1]    consumer group
-- ARGV[2]    milliseconds of silence after which a worker counts as gone
-- ARGV[3]    what every key of the shard begins with
-- ARGV[4]    milliseconds to keep an event
-- Result     how many workers and events were removed
local removed = 0
for index = 2, #KEYS do
  local consumers = redis.pcall('XINFO', 'CONSUMERS', KEYS[index], ARGV[1])
  if not consumers.err then
    for _, consumer in ipairs(consumers) do
      local name, pending, idle = consumer[2], consumer[4], consumer[6]
      if pending == 0 and idle >= tonumber(ARGV[2]) then
        redis.call('XGROUP', 'DELCONSUMER', KEYS[index], ARGV[1], name)
        removed = removed + 1
      end
    end
  end
end
local oldest = string.format('%.0f', now_ms() - tonumber(ARGV[4]))
for _, tenant in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  local results = ARGV[3] .. 'results:' .. tenant
  removed = removed + redis.call('XTRIM', results, 'MINID', '=', oldest)
  if redis.call('XLEN', results) == 0 then
    redis.call('DEL', results)
    redis.call('SREM', KEYS[1], tenant)
  end
end
return removed
