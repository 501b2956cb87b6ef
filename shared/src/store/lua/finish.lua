#!lua flags=allow-oom
-- Settles jobs of one shard as done, for the living fence only. A job whose subject has a newer photo by now
-- is settled as cancelled with `superseded`, and its result is not kept.
--
-- KEYS[1]  open hash of the shard
-- ARGV[9..] three for each job: uuid, fence, result
-- Result   for each job 1 when this claim settled it, now or in an earlier call; else 0
local ended = {}

local function finish(uuid, fence, result)
  local record = read_record(uuid)
  if record and is_settled(record) and record[FENCE] == tonumber(fence) then
    return 1
  elseif not is_held(record, fence) then
    return 0
  end
  ended[#ended + 1] = uuid
  count_running(record, -1)
  if is_superseded(record) then
    settle(uuid, record, CANCELLED, 'superseded')
  else
    settle(uuid, record, DONE, '', result)
  end
  return 1
end

local answer = {}
for at = FIRST, #ARGV, 3 do
  answer[#answer + 1] = finish(ARGV[at], ARGV[at + 1], ARGV[at + 2])
end
if #ended > 0 then
  redis.call('ZREM', base .. 'lease', unpack(ended))
end
write_counts()
ring_settled()
return answer
