#!lua
-- Notes until when a session is kept.
--
-- KEYS[1]  open hash of the shard
-- ARGV[9]  the session as `tenant:session`
-- ARGV[10] millisecond since 1970 from which it may be erased
-- Result   1, 0 for no such session
if redis.call('EXISTS', base .. 'session:' .. ARGV[9]) == 0 then
  return 0
end
redis.call('ZADD', base .. 'retain', ARGV[10], ARGV[9])
return 1
