#!lua flags=allow-oom
-- Forgets a reader and what it has in hand.
--
-- KEYS[1]  open hash of the shard
-- ARGV[9]  tenant
-- ARGV[10] reader
-- Result   1 when there was one, else 0
local out, reader = base .. 'out:' .. ARGV[FIRST], ARGV[FIRST] .. ':' .. ARGV[10]
redis.call('UNLINK', base .. 'held:' .. reader, base .. 'tries:' .. reader)
return redis.call('EXISTS', out) == 1 and redis.call('XGROUP', 'DESTROY', out, ARGV[10]) or 0
