-- Shared by the scripts that read results streams, behind house.lua.
--
-- An entry is {kind, what, 'n', events told by the tenant's stream so far, 's', session}: `j` jobs of one session
-- that were settled together, 16 bytes each; `x` a dead job; `b` a batch. The place of an event is its entry's id;
-- where others of the entry stand behind it, followed by a dash and its number there in three digits.

local function place_of(entry, number)
  return number == size_of(entry) and entry[1] or entry[1] .. string.format('-%03d', number)
end

-- The entry of a place, and its number there; nil for the last of it.
local function split(place)
  local id, number = string.match(place, '^(%d+%-%d+)%-(%d+)$')
  return id or place, tonumber(number)
end

local function batch_event(entry, place)
  local name, member = entry[2][2], entry[2][6]
  local event = { place, name, member }
  local counts_of = redis.call('HMGET', base .. 'batch:' .. member .. ':' .. name, 'total', 'done', 'dead', 'cancelled')
  for index = 1, 4 do
    event[3 + index] = tonumber(counts_of[index] or 0)
  end
  return event
end

-- What an entry tells at a number, from 1; nil once the job's time is over, or it waits again.
local function event_of(entry, number)
  local kind, what, place = entry[2][1], entry[2][2], place_of(entry, number)
  if kind == 'b' then
    return batch_event(entry, place)
  end
  local uuid = string.sub(what, 16 * number - 15, 16 * number)
  local record = read_record(uuid)
  -- A dead job that was replayed is not dead any more: what became of it is told by a later entry.
  local holds = record and is_settled(record[STATE]) and (record[STATE] == DEAD) == (kind == 'x')
  return holds and { place, uuid, record }
end
