#!lua flags=allow-oom
-- Puts a job aside until a later time, for the living fence only.
--
-- KEYS[1] job hash
-- KEYS[2] lane stream
-- KEYS[3] delayed set of the lane
-- ARGV[1] consumer group
-- ARGV[2] worker
-- ARGV[3] uuid
-- ARGV[4] attempt
-- ARGV[5] code of the error
-- ARGV[6] milliseconds until the job may be tried again
-- ARGV[7] '1' when the try counts, '0' when it never happened
-- Result  1 when this claim put the job aside, now or in an earlier call; else 0
local record = read_record(KEYS[1])
if not is_fence_of(record, ARGV[2], ARGV[4]) then
  return 0
elseif record.state == 'delayed' then
  return 1
elseif record.state ~= 'running' then
  return 0
end
leave_stream(KEYS[2], ARGV[1], record.entry)
redis.call('ZADD', KEYS[3], now_ms() + tonumber(ARGV[6]), ARGV[3])
redis.call('HSET', KEYS[1], 'state', 'delayed', 'error', ARGV[5])
redis.call('HDEL', KEYS[1], 'entry', 'claimed_at_ms')
if ARGV[7] == '0' then
  redis.call('HINCRBY', KEYS[1], 'attempts', -1)
end
return 1
