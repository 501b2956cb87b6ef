-- Shared by the scripts that put jobs into streams, behind house.lua.

-- One stream for each session and lane. The ring of a lane names those that hold jobs, by when they were
-- served last; a bell rings only for one that was not in it, as all others are known to who takes.
local function enter_ring(lane, member)
  local ring = base .. 'ring:' .. lane
  local served = redis.call('ZSCORE', base .. 'turn:' .. lane, member) or 0
  if redis.call('ZADD', ring, 'NX', served, member) == 1 then
    redis.call('PUBLISH', ARGV[2], ARGV[4] .. ':' .. lane .. ':' .. member)
  end
end

-- An entry names jobs that came together, 16 bytes each: one for each job costs as much as all the rest.
local function enter_stream(lane, member, uuids)
  redis.call('XADD', base .. 'q:' .. lane .. ':' .. member, '*', 'j', uuids)
end

-- Jobs that come back wait in a stream of their own that is never behind: its member ends in `!` and is
-- remembered in no turn.
local function come_back(uuid, record)
  record[STATE] = WAITING
  write_record(uuid, record)
  enter_stream(record[LANE], record[MEMBER] .. '!', uuid)
  enter_ring(record[LANE], record[MEMBER] .. '!')
end
