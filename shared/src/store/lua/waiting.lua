#!lua flags=no-writes
-- Counts the jobs of a shard that nobody took, lane by lane.
--
-- KEYS    lane streams, in the order of the lane table
-- Result  one count for each stream
--
-- Length less pending, never the group's lag: Redis does not know the lag once an entry was deleted
-- before its delivery.
local counts = {}
for index, stream in ipairs(KEYS) do
  local waiting = redis.call('XLEN', stream)
  if waiting > 0 then
    for _, group in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
      waiting = waiting - group[6]
    end
  end
  counts[index] = math.max(waiting, 0)
end
return counts
