#!lua
-- Makes a session known.
--
-- KEYS[1]  open hash of the shard
-- ARGV[9]  tenant
-- ARGV[10] session's name
-- ARGV[11] state
-- ARGV[12] spec
-- ARGV[13] when it was made known, in milliseconds since 1970 UTC
-- Result   1 when the session is known with these settings, now or before; 0 when it has others
local session = base .. 'session:' .. ARGV[9] .. ':' .. ARGV[10]
local spec = redis.call('HGET', session, 'spec')
if spec then
  return spec == ARGV[12] and 1 or 0
end
redis.call('HSET', session, 'state', ARGV[11], 'spec', ARGV[12], 'created_at_ms', ARGV[13])
redis.call('SADD', base .. 'sessions:' .. ARGV[9], ARGV[10])
return 1
