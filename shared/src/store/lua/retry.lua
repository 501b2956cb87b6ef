#!lua flags=allow-oom
-- Puts a job aside until a later time, for the living fence only.
--
-- KEYS[1]  open hash of the shard
-- ARGV[9]  uuid
-- ARGV[10] fence
-- ARGV[11] code of the error
-- ARGV[12] milliseconds until the job may be tried again
-- ARGV[13] '1' when the try counts, '0' when it never happened
-- Result   1 when this claim put the job aside, now or in an earlier call; else 0
local uuid, fence = ARGV[9], ARGV[10]
local record = read_record(uuid)
if record and record[STATE] == LATER and record[FENCE] == tonumber(fence) then
  return 1
elseif not is_held(record, fence) then
  return 0
end
record[STATE], record[ERROR] = LATER, ARGV[11]
if ARGV[13] == '0' then
  record[TRIES] = record[TRIES] - 1
end
write_record(uuid, record)
end_lease(uuid, record)
redis.call('ZADD', base .. 'later:' .. record[LANE], now_ms() + tonumber(ARGV[12]), uuid)
write_counts()
return 1
