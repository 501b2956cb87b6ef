#!lua flags=allow-oom
-- Cancels jobs of a session, or of one batch of it, a few in each call. Places are gone through in turn: what
-- is put aside in each lane, what runs, what waits in each lane, what came back in each lane.
--
-- KEYS[1]  open hash of the shard
-- ARGV[9]  the session as `tenant:session`
-- ARGV[10] batch, or '' for the whole session
-- ARGV[11] code: why
-- ARGV[12] number of the place to go on with, from 1
-- ARGV[13] where in that place: a rank, or an entry of a stream; '' for its beginning
-- ARGV[14] most jobs to look at, but for those that stand in one entry
-- Result   {jobs cancelled, number of the place to go on with, 14 at the end, where in it}
local member, batch, code = ARGV[9], ARGV[10], ARGV[11]
local place, at, left = tonumber(ARGV[12]), ARGV[13], tonumber(ARGV[14])
local cancelled, seen = 0, {}

-- The same words as for one job, see bell.rs.
local function tell_worker(uuid)
  local digits = string.gsub(uuid, '.', function(byte) return string.format('%02x', string.byte(byte)) end)
  redis.call('PUBLISH', ARGV[2], string.format('cancel %02x-%s', ARGV[4], digits))
end

-- Whether the job was to be cancelled, and was.
local function cancel(uuid, state)
  -- What this call settled is not written yet.
  local record = not seen[uuid] and read_record(uuid)
  local is_meant = record and record[STATE] == state and record[MEMBER] == member
  if not is_meant or (batch ~= '' and record[BATCH] ~= batch) then
    return false
  end
  seen[uuid] = true
  if state == RUNNING then
    record[FENCE] = record[FENCE] + 1
    count_running_in(record[LANE], -1)
    tell_worker(uuid)
  elseif state == WAITING then
    mark_odd(record[LANE], record[MEMBER])
  end
  settle(uuid, record, CANCELLED, code)
  cancelled = cancelled + 1
  return true
end

local function go_on()
  place, at = place + 1, ''
end

-- A set names jobs or, each with its fence behind, claims.
local function cancel_in_set(set, state)
  local rank = tonumber(at) or 0
  local names = redis.call('ZRANGE', set, rank, rank + left - 1)
  local gone = {}
  for _, name in ipairs(names) do
    if cancel(sub(name, 1, 16), state) then
      gone[#gone + 1] = name
    end
  end
  if #gone > 0 then
    redis.call('ZREM', set, unpack(gone))
  end
  if #names < left then
    go_on()
  else
    at = tostring(rank + #names - #gone)
  end
  left = left - #names
end

-- Whether a job of the entry still waits, maybe by this entry.
local function cancel_in_entry(uuids)
  local waits = false
  for first = 1, #uuids, 16 do
    local uuid = string.sub(uuids, first, first + 15)
    if not cancel(uuid, WAITING) and not seen[uuid] then
      local record = read_record(uuid)
      waits = waits or record and record[STATE] == WAITING
    end
    left = left - 1
  end
  return waits
end

local function cancel_in_stream(lane, stream_member)
  local stream = base .. 'q:' .. lane .. ':' .. stream_member
  while left > 0 do
    local entry = redis.call('XRANGE', stream, at == '' and '-' or '(' .. at, '+', 'COUNT', 1)[1]
    if not entry then
      if redis.call('XLEN', stream) == 0 then
        redis.call('DEL', stream)
        redis.call('ZREM', base .. 'ring:' .. lane, stream_member)
        redis.call('HDEL', base .. 'begun', lane .. ':' .. stream_member)
        redis.call('HDEL', base .. 'odd', lane .. ':' .. stream_member)
      end
      return go_on()
    end
    at = entry[1]
    if not cancel_in_entry(entry[2][2]) then
      redis.call('XDEL', stream, entry[1])
    end
  end
end

while left > 0 and place < 14 do
  if place <= 4 then
    cancel_in_set(base .. 'later:' .. place, LATER)
  elseif place == 5 then
    cancel_in_set(base .. 'lease', RUNNING)
  elseif place <= 9 then
    cancel_in_stream(place - 5, member)
  else
    cancel_in_stream(place - 9, member .. '!')
  end
end
write_counts()
write_settled()
return { cancelled, place, at }
