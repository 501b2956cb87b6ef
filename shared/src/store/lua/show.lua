#!lua flags=no-writes
-- Shows a job's record.
--
-- KEYS[1] open hash of the shard
-- ARGV[9] uuid
-- Result  nil, or the record as house.lua lays it out
local record = read_record(ARGV[FIRST])
if not record then
  return false
elseif is_settled(record[STATE]) and record[STATE] ~= DEAD and record[AT] + tonumber(ARGV[5]) < now_ms() then
  -- Its time is over, and the sweep has not come by yet.
  return false
end
return record
