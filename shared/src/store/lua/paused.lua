#!lua flags=no-writes
-- Names what is paused in one shard.
--
-- KEYS[1] open hash of the shard
-- ARGV    none of its own
-- Result  field and moment in milliseconds since 1970, in turn
return redis.call('HGETALL', base .. 'paused')
