#!lua flags=allow-oom
-- Takes a worker that ends off the list.
--
-- KEYS[1] hash of workers
-- ARGV[1] what every key of the list begins with
-- ARGV[2] worker
-- Result  1 when it was on the list, else 0
redis.call('ZREM', ARGV[1] .. 'seen', ARGV[2])
redis.call('SREM', ARGV[1] .. 'drain', ARGV[2])
return redis.call('HDEL', KEYS[1], ARGV[2])
