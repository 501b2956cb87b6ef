#!lua flags=allow-oom
-- Lets a reader begin at the end of a tenant's results stream, whatever it read before.
--
-- KEYS[1]  open hash of the shard
-- ARGV[9]  tenant
-- ARGV[10] reader
-- Result   1; 0 where there is no stream yet, which the reader will read from its start
local out = base .. 'out:' .. ARGV[9]
redis.call('DEL', base .. 'held:' .. ARGV[9] .. ':' .. ARGV[10], base .. 'tries:' .. ARGV[9] .. ':' .. ARGV[10])
if redis.call('EXISTS', out) == 0 then
  return 0
end
redis.call('XGROUP', 'DESTROY', out, ARGV[10])
redis.call('XGROUP', 'CREATE', out, ARGV[10], '$')
return 1
