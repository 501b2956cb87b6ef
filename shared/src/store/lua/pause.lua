#!lua flags=allow-oom
-- Notes that jobs of a lane, tenant or session are not taken until it is resumed.
--
-- KEYS[1] open hash of the shard
-- ARGV[9] field: `l:LANE`, `t:TENANT` or `s:tenant:session`
-- Result  1; for a session that is not known 0
local field = ARGV[FIRST]
local member = string.match(field, '^s:(.*)$')
if member and redis.call('EXISTS', base .. 'session:' .. member) == 0 then
  return 0
end
redis.call('HSETNX', base .. 'paused', field, now_ms())
return 1
