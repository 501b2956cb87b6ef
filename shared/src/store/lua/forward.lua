#!lua flags=allow-oom
-- Moves jobs of one shard that were put aside and are due back into their streams.
--
-- KEYS[1] open hash of the shard
-- ARGV[9] most jobs to move for each lane
-- Result  {jobs moved, 1 when a lane has more that are due}
local now = now_ms()
local moved, more = 0, 0

local function forward(uuid)
  local record = read_record(uuid)
  if not record or record[STATE] ~= LATER then
    return
  elseif record[DEADLINE] > 0 and record[DEADLINE] <= now then
    settle(uuid, record, DEAD, 'expired')
  elseif record[TRIES] > 0 then
    come_back(uuid, record)
  else
    -- Scheduled, never tried: it has no claim to stand before others.
    record[STATE] = WAITING
    write_record(uuid, record)
    if record[FENCE] > 0 or record[DEADLINE] > 0 then
      mark_odd(record[LANE], record[MEMBER])
    end
    enter_stream(record[LANE], record[MEMBER], uuid)
    enter_ring(record[LANE], record[MEMBER])
  end
  moved = moved + 1
end

for lane = 1, 4 do
  local later = base .. 'later:' .. lane
  local due = redis.call('ZRANGEBYSCORE', later, '-inf', now, 'LIMIT', 0, ARGV[FIRST])
  for _, uuid in ipairs(due) do
    redis.call('ZREM', later, uuid)
    forward(uuid)
  end
  if #due >= tonumber(ARGV[FIRST]) then
    more = 1
  end
end
write_counts()
write_settled()
return { moved, more }
