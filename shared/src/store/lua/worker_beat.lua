#!lua flags=allow-oom
-- Notes a worker's sign of life, and forgets workers that kept silent for too long.
--
-- KEYS[1] hash of workers
-- ARGV[1] what every key of the list begins with
-- ARGV[2] milliseconds of silence after which a worker is forgotten
-- ARGV[3] worker
-- ARGV[4] its state as JSON
-- Result  1 when it is told to drain, else 0
local seen, drain, silence = ARGV[1] .. 'seen', ARGV[1] .. 'drain', tonumber(ARGV[2])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
-- A few at a time: the next sign of life forgets the next ones.
for _, worker in ipairs(redis.call('ZRANGEBYSCORE', seen, '-inf', now - silence, 'LIMIT', 0, 100)) do
  redis.call('ZREM', seen, worker)
  redis.call('HDEL', KEYS[1], worker)
end
redis.call('HSET', KEYS[1], ARGV[3], ARGV[4])
redis.call('ZADD', seen, now, ARGV[3])
redis.call('PEXPIRE', KEYS[1], silence)
redis.call('PEXPIRE', seen, silence)
return redis.call('SISMEMBER', drain, ARGV[3])
