#!lua
-- Makes a session known.
--
-- KEYS[1] session hash
-- KEYS[2] sessions set of the tenant
-- ARGV[1] session's name
-- ARGV[2] state
-- ARGV[3] spec
-- ARGV[4] when it was made known, in milliseconds since 1970 UTC
-- Result  1 when the session is known with these settings, now or before; 0 when it has others
local spec = redis.call('HGET', KEYS[1], 'spec')
if spec then
  return spec == ARGV[3] and 1 or 0
end
redis.call('HSET', KEYS[1], 'state', ARGV[2], 'spec', ARGV[3], 'created_at_ms', ARGV[4])
redis.call('SADD', KEYS[2], ARGV[1])
return 1
