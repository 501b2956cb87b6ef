#!lua flags=allow-oom
-- Raises the newest generation of a subject's photo, so that every older one is superseded and
-- its face is found no more.
--
-- KEYS[1]  open hash of the shard
-- ARGV[9]  the session as `tenant:session`
-- ARGV[10] subject
-- ARGV[11] least generation from now on; 0 to ask only
-- Result   nil for no such session, else the newest generation
if redis.call('EXISTS', base .. 'session:' .. ARGV[9]) == 0 then
  return false
end
local generations = base .. 'generations:' .. ARGV[9]
local newest = tonumber(redis.call('HGET', generations, ARGV[10]) or 0)
if tonumber(ARGV[11]) > newest then
  newest = tonumber(ARGV[11])
  redis.call('HSET', generations, ARGV[10], newest)
  outdate_faces(ARGV[9], ARGV[10], newest)
end
return newest
