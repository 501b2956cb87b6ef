#!lua flags=allow-oom
-- Closes a batch to further jobs. It is told of once, now when all its jobs are settled, else with the last.
--
-- KEYS[1]  open hash of the shard
-- ARGV[9]  the session as `tenant:session`
-- ARGV[10] batch
-- Result   1, 0 for no such batch
local batch = base .. 'batch:' .. ARGV[9] .. ':' .. ARGV[10]
if redis.call('EXISTS', batch) == 0 then
  return 0
end
if redis.call('HSETNX', batch, 'sealed', '1') == 1 then
  -- It stays until it is complete, however long that takes.
  redis.call('PERSIST', batch)
  tell_batch(ARGV[9], ARGV[10])
  write_settled()
end
return 1
