#!lua flags=allow-oom
-- Gives a job up, for the living fence only.
--
-- KEYS[1]  open hash of the shard
-- ARGV[9]  uuid
-- ARGV[10] fence
-- ARGV[11] code of the error
-- Result   1 when this claim settled the job, now or in an earlier call; else 0
local uuid, fence = ARGV[FIRST], ARGV[FIRST + 1]
local record = read_record(uuid)
if record and is_settled(record[STATE]) and record[FENCE] == tonumber(fence) then
  return 1
elseif not is_held(record, fence) then
  return 0
end
end_lease(uuid, record)
settle(uuid, record, DEAD, ARGV[FIRST + 2])
write_counts()
write_settled()
return 1
