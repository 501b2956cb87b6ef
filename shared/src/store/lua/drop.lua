#!lua flags=allow-oom
-- Forgets dead jobs for good; counters keep them.
--
-- KEYS[1]   open hash of the shard
-- ARGV[9]   tenant
-- ARGV[10..] uuids
-- Result    for each job 'unknown' or its state before: dead when it was dropped
local answer = {}
for at = FIRST + 1, #ARGV do
  local record = read_record(ARGV[at])
  if not record or tenant_of(record[MEMBER]) ~= ARGV[FIRST] then
    answer[#answer + 1] = 'unknown'
  else
    answer[#answer + 1] = record[STATE]
    if record[STATE] == DEAD then
      redis.call('DEL', base .. ARGV[at])
      redis.call('ZREM', base .. 'dead:' .. ARGV[FIRST], ARGV[at])
    end
  end
end
return answer
