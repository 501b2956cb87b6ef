#!lua flags=allow-oom
-- Claims waiting jobs of one shard for a worker; each claim raises the job's fence by one. Jobs past their
-- deadline and those of a superseded photo are settled here and never reach a worker.
--
-- KEYS[1]   open hash of the shard
-- ARGV[9]   worker
-- ARGV[10]  lease in milliseconds
-- ARGV[11..] three for each stream: lane number from 1, session as `tenant:session`, most jobs to take
-- Result    {now in microseconds, {1 for each stream that is empty now, else 0}, {job...}} with a job as
--           {uuid, lane number, fence, tries, envelope}
local now = now_us()
local now_in_ms = math.floor(now / 1000)
local has_paused = redis.call('EXISTS', base .. 'paused') == 1
local taken, leases = {}, {}

local function is_paused(lane, member)
  local session = string.gsub(member, '!$', '')
  local field = redis.call('HMGET', base .. 'paused', 'l:' .. lane, 't:' .. tenant_of(session), 's:' .. session)
  return field[1] or field[2] or field[3]
end

local function claim(uuid)
  local record = read_record(uuid)
  -- A job that was cancelled while it waited leaves its entry behind.
  if not record or record[STATE] ~= WAITING then
    return
  elseif record[DEADLINE] > 0 and record[DEADLINE] <= now_in_ms then
    settle(uuid, record, DEAD, 'expired')
  elseif is_superseded(record) then
    settle(uuid, record, CANCELLED, 'superseded')
  else
    record[STATE], record[WORKER] = RUNNING, ARGV[FIRST]
    record[FENCE], record[TRIES] = record[FENCE] + 1, record[TRIES] + 1
    write_record(uuid, record)
    count_running(record, 1)
    leases[#leases + 1] = now_in_ms + tonumber(ARGV[10])
    leases[#leases + 1] = uuid
    taken[#taken + 1] = { uuid, record[LANE], record[FENCE], record[TRIES], record[BODY] }
  end
end

-- The entries up to `entry` are gone with it: one trim instead of a deletion for each.
local function trim(stream, entry)
  local ms, sequence = string.match(entry, '^(%d+)-(%d+)$')
  redis.call('XTRIM', stream, 'MINID', '=', ms .. '-' .. string.format('%.0f', tonumber(sequence) + 1))
end

-- Entries of settled jobs are passed over, but not without end in one call: Redis serves nobody meanwhile.
local function take(lane, member, most)
  local stream, ring = base .. 'q:' .. lane .. ':' .. member, base .. 'ring:' .. lane
  local goal, rounds = #taken + most, 0
  repeat
    local want = goal - #taken
    local entries = redis.call('XRANGE', stream, '-', '+', 'COUNT', want)
    for _, entry in ipairs(entries) do
      claim(entry[2][2])
    end
    if #entries == want then
      trim(stream, entries[#entries][1])
    end
    if #entries < want or redis.call('XLEN', stream) == 0 then
      redis.call('DEL', stream)
      redis.call('ZREM', ring, member)
      if string.sub(member, -1) ~= '!' then
        redis.call('ZADD', base .. 'turn:' .. lane, now, member)
      end
      return 1
    end
    rounds = rounds + 1
  until #taken >= goal or rounds == 10
  redis.call('ZADD', ring, 'XX', string.sub(member, -1) == '!' and 0 or now, member)
  return 0
end

local empty = {}
for at = FIRST + 2, #ARGV, 3 do
  local lane, member = ARGV[at], ARGV[at + 1]
  local paused = has_paused and is_paused(lane, member)
  empty[#empty + 1] = paused and 1 or take(lane, member, tonumber(ARGV[at + 2]))
end
if #leases > 0 then
  redis.call('ZADD', base .. 'lease', unpack(leases))
end
write_counts()
ring_settled()
return { now, empty, taken }
