#!lua flags=allow-oom
-- Claims waiting jobs of one shard for a worker; each claim raises the job's fence by one. Jobs past their
-- deadline and those of a superseded photo are settled here and never reach a worker.
--
-- KEYS[1]   open hash of the shard
-- ARGV[9]   lease in milliseconds
-- ARGV[10..] three for each stream: lane number from 1, session as `tenant:session`, most jobs to take
-- Result    {now in microseconds, {1 for each stream that is empty now, else 0}, the claims, each as the lease names
--           it, 24 bytes}; the caller reads the records, which stay as they are while a claim lives
local now = now_us()
local now_in_ms = math.floor(now / 1000)
local has_paused = redis.call('EXISTS', base .. 'paused') == 1
local taken, leases = {}, {}

local function is_paused(lane, member)
  local session = string.gsub(member, '!$', '')
  local field = redis.call('HMGET', base .. 'paused', 'l:' .. lane, 't:' .. tenant_of(session), 's:' .. session)
  return field[1] or field[2] or field[3]
end

local lease_ends = string.format('%.0f', now_in_ms + tonumber(ARGV[FIRST]))
local deadline_now = digits(now_in_ms, 13)

-- Settles a job that may not go to a worker any more.
local function is_wanted(uuid, member, raw)
  local deadline = sub(raw, 30, 42)
  if deadline ~= ZERO and deadline <= deadline_now then
    settle(uuid, unfold(raw), DEAD, 'expired')
    return false
  elseif has_generations(member) and is_superseded(unfold(raw)) then
    settle(uuid, unfold(raw), CANCELLED, 'superseded')
    return false
  end
  return true
end

-- Many records in one call: a call costs five times as much as a record (measured). What is absent is `false`.
local function read_raw(uuids)
  local keys = {}
  for index = 1, #uuids do
    keys[index] = base .. uuids[index]
  end
  return #keys > 0 and call('MGET', unpack(keys)) or {}
end

local function claim(name)
  local jobs = #taken
  leases[2 * jobs + 1], leases[2 * jobs + 2] = lease_ends, name
  taken[jobs + 1] = name
end

-- Looks at each job: one that was cancelled while it waited leaves its place behind, and a job may stand twice.
local looked_at = {}
local function claim_wanted(uuids, member)
  local raws = read_raw(uuids)
  for index, uuid in ipairs(uuids) do
    local raw = not looked_at[uuid] and raws[index]
    looked_at[uuid] = true
    local name = raw and sub(raw, 1, 1) == WAITING and claim_on(uuid, raw)
    if name and not call('ZSCORE', base .. 'lease', name) and is_wanted(uuid, member, raw) then
      claim(name)
    end
  end
end

-- The first claim of jobs that just wait.
local FIRST_FENCE = '00000001'

local function claim_all(uuids, lane, member, is_odd)
  local before = #taken
  if is_odd or has_generations(member) then
    claim_wanted(uuids, member)
  else
    for index = 1, #uuids do
      claim(uuids[index] .. FIRST_FENCE)
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

-- Whether a stream holds jobs that came back.
local function comes_back(member)
  return sub(member, -1) == '!'
end

local function leave(stream, lane, member)
  redis.call('DEL', stream)
  redis.call('HDEL', base .. 'odd', lane .. ':' .. member)
  redis.call('ZREM', base .. 'ring:' .. lane, member)
  if not comes_back(member) then
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
  local is_odd = comes_back(member) or call('HEXISTS', base .. 'odd', place) == 1
  for _ = 1, ROUNDS do
    local want = goal - #taken
    -- As many entries as hold the jobs, as far as the last round tells.
    local count = math.ceil(want / size)
    local entries = redis.call('XRANGE', stream, '-', '+', 'COUNT', count)
    local uuids, last
    uuids, last, begun, through = pick(entries, want, begun, tonumber(through))
    claim_all(uuids, tonumber(lane), session, is_odd)
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
  redis.call('ZADD', base .. 'ring:' .. lane, 'XX', comes_back(member) and 0 or now, member)
  return 0
end

local empty = {}
for at = FIRST + 1, #ARGV, 3 do
  local lane, member = ARGV[at], ARGV[at + 1]
  local paused = has_paused and is_paused(lane, member)
  empty[#empty + 1] = paused and 1 or take(lane, member, tonumber(ARGV[at + 2]))
end

if #taken > 0 then
  call('ZADD', base .. 'lease', unpack(leases))
end
write_counts()
write_settled()
return { now, empty, table.concat(taken) }
