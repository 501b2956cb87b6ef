#!lua flags=no-writes
-- Names sessions of one shard that are past their time.
--
-- KEYS[1] open hash of the shard
-- ARGV[9] most sessions to name
-- Result  sessions as `tenant:session`
return redis.call('ZRANGEBYSCORE', base .. 'retain', '-inf', now_ms(), 'LIMIT', 0, ARGV[FIRST])
