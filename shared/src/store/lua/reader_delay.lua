#!lua flags=allow-oom
-- Puts an event that a reader has in hand off.
--
-- KEYS[1]  open hash of the shard
-- ARGV[9]  tenant
-- ARGV[10] reader
-- ARGV[11] entry
-- ARGV[12] milliseconds after which it is handed out again
-- Result   1 when the reader had it in hand, else 0
local held = base .. 'held:' .. ARGV[FIRST] .. ':' .. ARGV[10]
if not redis.call('ZSCORE', held, ARGV[11]) then
  return 0
end
redis.call('ZADD', held, now_ms() + ARGV[12], ARGV[11])
return 1
