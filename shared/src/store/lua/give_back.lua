#!lua flags=allow-oom
-- Returns jobs of one shard untouched: they wait again, and the try does not count.
--
-- KEYS[1]  open hash of the shard
-- ARGV[9..] two for each claim: uuid, fence
-- Result   how many were returned
local returned = 0
for at = FIRST, #ARGV, 2 do
  local uuid = ARGV[at]
  local record = read_record(uuid)
  if is_held(record, ARGV[at + 1]) then
    end_lease(uuid, record)
    record[TRIES] = record[TRIES] - 1
    come_back(uuid, record)
    returned = returned + 1
  end
end
write_counts()
return returned
