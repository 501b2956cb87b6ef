#!lua flags=allow-oom
-- Claims waiting jobs of one shard for a worker; each claim raises the job's fence by one. Jobs past their
-- deadline and those of a superseded photo are settled here and never reach a worker.
--
-- KEYS[1]   open hash of the shard
-- ARGV[9]   worker
-- ARGV[10]  lease in milliseconds
-- ARGV[11..] three for each stream: lane number from 1, session as `tenant:session`, most jobs to take
-- Result    {now in microseconds, {1 for each stream that is empty now, else 0},
--           {uuid, record...}, {envelope...}}
local now = now_us()
local now_in_ms = math.floor(now / 1000)
local has_paused = redis.call('EXISTS', base .. 'paused') == 1
local taken, leases = {}, {}

local function is_paused(lane, member)
  local session = string.gsub(member, '!$', '')
  local field = redis.call('HMGET', base .. 'paused', 'l:' .. lane, 't:' .. tenant_of(session), 's:' .. session)
  return field[1] or field[2] or field[3]
end

local lease_ends = string.format('%.0f', now_in_ms + tonumber(ARGV[10]))
local writes = {}

local deadline_now = digits(now_in_ms, 13)

-- Whether a job may still go to a worker; one that may not is settled.
local function is_wanted(uuid, member, raw)
  local deadline = string.sub(raw, 30, 42)
  if deadline ~= ZERO and deadline <= deadline_now then
    settle(uuid, unfold(raw), DEAD, 'expired')
    return false
  elseif has_generations(member) then
    local record = unfold(raw)
    if is_superseded(record) then
      settle(uuid, record, CANCELLED, 'superseded')
      return false
    end
  end
  return true
end

-- Fence and tries, each one more.
local function claimed(raw)
  local both = string.sub(raw, 2, 13)
  if both == '000000000000' then
    return '000000010001'
  end
  return digits(tonumber(string.sub(both, 1, 8)) + 1, 8) .. digits(tonumber(string.sub(both, 9)) + 1, 4)
end

local function claim(uuid, lane, member, raw)
  -- A job that was cancelled while it waited leaves its entry behind.
  if not raw or string.sub(raw, 1, 1) ~= WAITING or not is_wanted(uuid, member, raw) then
    return
  end
  raw = RUNNING .. claimed(raw) .. string.sub(raw, 14)
  writes[#writes + 1] = base .. uuid
  writes[#writes + 1] = raw
  leases[#leases + 1] = lease_ends
  leases[#leases + 1] = uuid
  taken[#taken + 1] = uuid
  taken[#taken + 1] = raw
  count_running_in(lane, 1)
end

-- A job may stand twice, where it was cancelled and replayed: once in a call counts.
local function claim_all(entries, lane, member)
  local uuids, seen = {}, {}
  for _, entry in ipairs(entries) do
    local uuid = entry[2][2]
    if not seen[uuid] then
      seen[uuid] = true
      uuids[#uuids + 1] = uuid
    end
  end
  for index, raw in ipairs(read_raw(uuids)) do
    claim(uuids[index], lane, member, raw)
  end
  if #writes > 0 then
    redis.call('MSET', unpack(writes))
    writes = {}
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
  local session, goal, rounds = (string.gsub(member, '!$', '')), #taken / 2 + most, 0
  repeat
    local want = goal - #taken / 2
    local entries = redis.call('XRANGE', stream, '-', '+', 'COUNT', want)
    claim_all(entries, tonumber(lane), session)
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
  until #taken / 2 >= goal or rounds == 10
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
local uuids = {}
for index = 1, #taken, 2 do
  uuids[#uuids + 1] = taken[index]
end
local bodies = #uuids > 0 and redis.call('HMGET', base .. 'bodies', unpack(uuids)) or {}
write_counts()
write_settled()
return { now, empty, taken, bodies }
