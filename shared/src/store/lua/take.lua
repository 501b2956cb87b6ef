#!lua flags=allow-oom
-- Claims waiting jobs of one shard for a worker; each claim raises the job's fence by one. Jobs past their
-- deadline and those of a superseded photo are settled here and never reach a worker.
--
-- KEYS[1]   open hash of the shard
-- ARGV[9]   lease in milliseconds
-- ARGV[10..] three for each stream: lane number from 1, session as `tenant:session`, most jobs to take
-- Result    {now in microseconds, {1 for each stream that is empty now, else 0}, UUIDs of the jobs, 16 bytes each,
--           {record before the claim...}}
local now = now_us()
local now_in_ms = math.floor(now / 1000)
local has_paused = redis.call('EXISTS', base .. 'paused') == 1
local taken, records_taken, leases = {}, {}, {}

local function is_paused(lane, member)
  local session = string.gsub(member, '!$', '')
  local field = redis.call('HMGET', base .. 'paused', 'l:' .. lane, 't:' .. tenant_of(session), 's:' .. session)
  return field[1] or field[2] or field[3]
end

local lease_ends = string.format('%.0f', now_in_ms + tonumber(ARGV[FIRST]))
local deadline_now = digits(now_in_ms, 13)

-- Settles a job that may not go to a worker any more; once, though it may stand twice.
local unwanted = {}
local function turn_away(uuid, raw, state, code)
  if not unwanted[uuid] then
    unwanted[uuid] = true
    settle(uuid, unfold(raw), state, code)
  end
  return false
end

local function is_wanted(uuid, member, raw)
  local deadline = sub(raw, 30, 42)
  if deadline ~= ZERO and deadline <= deadline_now then
    return turn_away(uuid, raw, DEAD, 'expired')
  elseif has_generations(member) and is_superseded(unfold(raw)) then
    return turn_away(uuid, raw, CANCELLED, 'superseded')
  end
  return true
end

local function claim(uuid, member, raw)
  -- A job that was cancelled while it waited leaves its place behind.
  if not raw or sub(raw, 1, 1) ~= WAITING or not is_wanted(uuid, member, raw) then
    return
  end
  local jobs = #taken
  leases[2 * jobs + 1], leases[2 * jobs + 2] = lease_ends, uuid
  taken[jobs + 1], records_taken[jobs + 1] = uuid, raw
end

local function claim_all(uuids, lane, member)
  local before, raws, held_until = #taken, read_raw(uuids)
  for index, raw in ipairs(raws) do
    if not held_until[index] then
      claim(uuids[index], member, raw)
    end
  end
  count_running_in(lane, #taken - before)
end

-- Up to `want` jobs of some entries. Answers too the last entry that is through, and the one that is begun and how
-- many jobs of it are through.
local function pick(entries, want, begun, through)
  local uuids, last = {}, nil
  for _, entry in ipairs(entries) do
    local id, names = entry[1], entry[2][2]
    local first = id == begun and through or 0
    local jobs = math.min(#names / 16 - first, want - #uuids)
    for at = 16 * first + 1, 16 * (first + jobs), 16 do
      uuids[#uuids + 1] = sub(names, at, at + 15)
    end
    if 16 * (first + jobs) < #names then
      return uuids, last, id, first + jobs
    end
    last = id
  end
  return uuids, last, nil, 0
end

-- Where a call stopped within an entry: the entry and how many of its jobs are through.
local function read_begun(place)
  local begun = redis.call('HGET', base .. 'begun', place)
  if begun then
    return string.match(begun, '^(.*):(%d+)$')
  end
end

local function write_begun(place, begun, through, had_begun)
  if begun then
    redis.call('HSET', base .. 'begun', place, begun .. ':' .. through)
  elseif had_begun then
    redis.call('HDEL', base .. 'begun', place)
  end
end

local function leave(stream, lane, member)
  redis.call('DEL', stream)
  redis.call('ZREM', base .. 'ring:' .. lane, member)
  if string.sub(member, -1) ~= '!' then
    redis.call('ZADD', base .. 'turn:' .. lane, now, member)
  end
end

-- Places of settled jobs are passed over, but not without end in one call: Redis serves nobody meanwhile.
local ROUNDS = 10

local function take(lane, member, most)
  local place, session = lane .. ':' .. member, (string.gsub(member, '!$', ''))
  local stream, goal = base .. 'q:' .. place, #taken + most
  local begun, through = read_begun(place)
  local had_begun, is_empty, size = begun ~= nil, false, most
  for _ = 1, ROUNDS do
    local want = goal - #taken
    -- As many entries as hold the jobs, as far as the last round tells.
    local count = math.ceil(want / size)
    local entries = redis.call('XRANGE', stream, '-', '+', 'COUNT', count)
    local uuids, last
    uuids, last, begun, through = pick(entries, want, begun, tonumber(through))
    claim_all(uuids, tonumber(lane), session)
    is_empty = #entries < count and not begun
    if last and not is_empty then
      trim(stream, last)
      is_empty = not begun and redis.call('XLEN', stream) == 0
    end
    size = math.max(1, #uuids / #entries)
    if is_empty or #taken >= goal then
      break
    end
  end
  write_begun(place, begun, through, had_begun)
  if is_empty then
    leave(stream, lane, member)
    return 1
  end
  redis.call('ZADD', base .. 'ring:' .. lane, 'XX', string.sub(member, -1) == '!' and 0 or now, member)
  return 0
end

local empty = {}
for at = FIRST + 1, #ARGV, 3 do
  local lane, member = ARGV[at], ARGV[at + 1]
  local paused = has_paused and is_paused(lane, member)
  empty[#empty + 1] = paused and 1 or take(lane, member, tonumber(ARGV[at + 2]))
end

-- A job stands twice where it was cancelled and replayed; once in a call counts.
local function drop_repeats()
  local seen, all_taken, all_records = {}, taken, records_taken
  taken, records_taken = {}, {}
  for index, uuid in ipairs(all_taken) do
    if seen[uuid] then
      count_running_in(tonumber(sub(all_records[index], 16, 16)), -1)
    else
      seen[uuid] = true
      taken[#taken + 1], records_taken[#taken + 1] = uuid, all_records[index]
    end
  end
end

-- None of them had a lease before.
if #taken > 0 and redis.call('ZADD', base .. 'lease', unpack(leases)) < #taken then
  drop_repeats()
end
write_counts()
write_settled()
return { now, empty, table.concat(taken), records_taken }
