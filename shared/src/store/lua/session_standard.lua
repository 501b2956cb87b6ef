#!lua
-- Changes the standard of a session for the jobs to come; those in the queue keep theirs.
--
-- KEYS[1]  open hash of the shard
-- ARGV[9]  session as `tenant:session`
-- ARGV[10] spec
-- ARGV[11] what the session changes of it, or nothing
-- ARGV[12] most changed standards of a session
-- Result   'unknown' for no such session | 'full' where it had too many already | 'changed'
local session = base .. 'session:' .. ARGV[9]
local kept = 'standard:' .. ARGV[10]
if redis.call('EXISTS', session) == 0 then
  return 'unknown'
end
if ARGV[11] ~= '' and redis.call('HEXISTS', session, kept) == 0 then
  if tonumber(redis.call('HGET', session, 'standards') or 0) >= tonumber(ARGV[12]) then
    return 'full'
  end
  redis.call('HINCRBY', session, 'standards', 1)
  redis.call('HSET', session, kept, ARGV[11])
end
redis.call('HSET', session, 'spec', ARGV[10])
return 'changed'
