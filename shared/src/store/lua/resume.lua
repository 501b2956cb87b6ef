#!lua flags=allow-oom
-- Notes that jobs of a lane, tenant or session are taken again.
--
-- KEYS[1] open hash of the shard
-- ARGV[9] field: `l:LANE`, `t:TENANT` or `s:tenant:session`
-- Result  1 when it was paused, else 0
return redis.call('HDEL', base .. 'paused', ARGV[FIRST])
