-- Shared by the scripts that read results streams, behind house.lua.

-- What an entry of a results stream stands for; nil once the job's time is over, or it waits again.
local function event_of(entry)
  local field = {}
  for index = 1, #entry[2], 2 do
    field[entry[2][index]] = entry[2][index + 1]
  end
  if field.b then
    local batch = base .. 'batch:' .. field.s .. ':' .. field.b
    local counts_of = redis.call('HMGET', batch, 'total', 'done', 'dead', 'cancelled')
    local event = { entry[1], field.b, field.s, member = field.s }
    for index = 1, 4 do
      event[3 + index] = tonumber(counts_of[index] or 0)
    end
    return event
  end
  local uuid = field.j or field.x
  local record = read_record(uuid)
  -- A dead job that was replayed is not dead any more: what became of it is told by a later entry.
  local holds = record and is_settled(record[STATE]) and (record[STATE] == DEAD) == (field.x ~= nil)
  return holds and { entry[1], uuid, record, member = record[MEMBER] }
end
