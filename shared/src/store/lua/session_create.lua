#!lua
-- Makes a session known.
--
-- KEYS[1]  open hash of the shard
-- ARGV[9]  tenant
-- ARGV[10] session's name
-- ARGV[11] state
-- ARGV[12] spec
-- ARGV[13] when it was made known, in milliseconds since 1970 UTC
-- ARGV[14] what it changes of the spec, or nothing
-- Result   1 when the session is known with these settings, now or before; 0 when it has others
local session = base .. 'session:' .. ARGV[9] .. ':' .. ARGV[10]
local spec = redis.call('HGET', session, 'spec')
if spec then
  return spec == ARGV[12] and 1 or 0
end
redis.call('HSET', session, 'state', ARGV[11], 'spec', ARGV[12], 'created_at_ms', ARGV[13])
if ARGV[14] ~= '' then
  redis.call('HSET', session, 'standards', 1, 'standard:' .. ARGV[12], ARGV[14])
end
redis.call('SADD', base .. 'sessions:' .. ARGV[9], ARGV[10])
return 1
