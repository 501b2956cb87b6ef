#!lua flags=allow-oom
-- Lets events that a reader put off be handed out at once, as if for the first time.
--
-- KEYS[1]  open hash of the shard
-- ARGV[9]  tenant
-- ARGV[10] reader
-- ARGV[11] most events to move
-- Result   1 when there are more, else 0
local held = base .. 'held:' .. ARGV[FIRST] .. ':' .. ARGV[10]
local now = now_ms()
local put_off = redis.call('ZRANGEBYSCORE', held, '(' .. now, '+inf', 'LIMIT', 0, ARGV[11])
for _, entry in ipairs(put_off) do
  redis.call('ZADD', held, now, entry)
end
redis.call('DEL', base .. 'tries:' .. ARGV[FIRST] .. ':' .. ARGV[10])
return #put_off >= tonumber(ARGV[11]) and 1 or 0
