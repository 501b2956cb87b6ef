#!lua flags=allow-oom
-- Moves delayed jobs of one shard that are due back into their streams.
--
-- KEYS    two for each lane: delayed set, lane stream. Job hashes are named by the set's members, so they
--         cannot be declared, but carry the same hash tag
-- ARGV[1] what every key of the shard begins with
-- ARGV[2] most jobs to move for each lane
-- ARGV[3] bell channel
-- ARGV[4] what to ring
-- Result  {jobs moved, 1 when a lane has more that are due}
local now = now_ms()
local moved, more = 0, 0
for index = 1, #KEYS / 2 do
  local delayed, stream = KEYS[2 * index - 1], KEYS[2 * index]
  local due = redis.call('ZRANGEBYSCORE', delayed, '-inf', now, 'LIMIT', 0, ARGV[2])
  for _, uuid in ipairs(due) do
    local job = ARGV[1] .. 'job:' .. uuid
    redis.call('ZREM', delayed, uuid)
    if redis.call('HGET', job, 'state') == 'delayed' then
      enter_stream(stream, job, uuid)
      moved = moved + 1
    end
  end
  if #due >= tonumber(ARGV[2]) then
    more = 1
  end
end
if moved > 0 then
  redis.call('PUBLISH', ARGV[3], ARGV[4])
end
return { moved, more }
