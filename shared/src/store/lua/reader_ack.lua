#!lua flags=allow-oom
-- Acknowledges events that a reader has in hand; others read them on.
--
-- KEYS[1]   open hash of the shard
-- ARGV[9]   tenant
-- ARGV[10]  reader
-- ARGV[11..] entries
-- Result    how many of them the reader had in hand
local reader = ARGV[FIRST] .. ':' .. ARGV[10]
local acknowledged = 0
for at = 11, #ARGV do
  acknowledged = acknowledged + redis.call('ZREM', base .. 'held:' .. reader, ARGV[at])
  redis.call('HDEL', base .. 'tries:' .. reader, ARGV[at])
end
return acknowledged
