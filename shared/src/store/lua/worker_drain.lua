#!lua flags=allow-oom
-- Tells a worker to drain: at once by the channel, and at its next sign of life should it miss that.
--
-- KEYS[1] hash of workers
-- ARGV[1] what every key of the list begins with
-- ARGV[2] milliseconds for which the order stands
-- ARGV[3] worker
-- ARGV[4] channel that tells of work
-- ARGV[5] what to tell there
-- Result  1, or 0 for no such worker
if redis.call('HEXISTS', KEYS[1], ARGV[3]) == 0 then
  return 0
end
local drain = ARGV[1] .. 'drain'
redis.call('SADD', drain, ARGV[3])
redis.call('PEXPIRE', drain, ARGV[2])
redis.call('PUBLISH', ARGV[4], ARGV[5])
return 1
