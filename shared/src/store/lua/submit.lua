#!lua
-- Puts jobs of one session, lane and batch into the queue.
--
-- KEYS[1]   open hash of the shard
-- ARGV[9]   the session as `tenant:session`
-- ARGV[10]  most jobs that one lane of this shard may hold
-- ARGV[11]  most jobs of one tenant in this shard
-- ARGV[12]  most jobs of one session
-- ARGV[13]  lane number from 1
-- ARGV[14]  batch or ''
-- ARGV[15]  UUIDs of the jobs, 16 bytes each
-- ARGV[16..] two for each job: its key (ARGV[1] and its UUID), its record as house.lua lays it out, waiting
-- then      where a job starts later or has a generation above 0, for each job: its earliest start or 0
-- Times are milliseconds since 1970. Without those last arguments no UUID may stand twice.
-- Result    {'unknown'} | {'not_open', state} | {'ok'} when all were accepted | {'ok', answer...}; an answer for
--           each job is 'accepted' (also for a job that is known already), 'key_reused' (known with another
--           fingerprint), 'superseded', 'batch_sealed', 'lane_full', 'tenant_full' or 'session_full'
local member, lane, batch, uuids = ARGV[FIRST], tonumber(ARGV[13]), ARGV[14], ARGV[15]
local count, PAIRS = #uuids / 16, 16
local STARTS = PAIRS + 2 * count
local session = base .. 'session:' .. member
local field = redis.call('HMGET', session, 'state', 'accepted', 'done', 'dead', 'cancelled')
if not field[1] then
  return { 'unknown' }
elseif field[1] ~= 'open' then
  return { 'not_open', field[1] }
end

local held = redis.call('HMGET', open, 'l' .. lane, 't:' .. tenant_of(member))
local in_session = tonumber(field[2] or 0)
for settled = 3, 5 do
  in_session = in_session - tonumber(field[settled] or 0)
end
local room = { lane = tonumber(ARGV[10]) - tonumber(held[1] or 0), tenant = tonumber(ARGV[11]) - tonumber(held[2] or 0),
  session = tonumber(ARGV[12]) - in_session }

local generations, batch_key = base .. 'generations:' .. member, base .. 'batch:' .. member .. ':' .. batch
local has_generations = redis.call('EXISTS', generations) == 1
local is_sealed = batch ~= '' and redis.call('HEXISTS', batch_key, 'sealed') == 1

local function has_deadline(raw)
  return sub(raw, 30, 42) ~= ZERO
end

-- Everything at once, where all are new and nothing is in their way, as nearly always.
local function admit_all()
  local is_plain = #ARGV < STARTS and not has_generations and not is_sealed
  return is_plain and count <= math.min(room.lane, room.tenant, room.session)
    and redis.call('MSETNX', unpack(ARGV, PAIRS, STARTS - 1)) == 1
end

local function is_superseded(record)
  local newest = record[SUBJECT] ~= '' and redis.call('HGET', generations, record[SUBJECT])
  return newest and tonumber(newest) > record[GENERATION]
end

local function refusal(record)
  if is_superseded(record) then
    return 'superseded'
  elseif is_sealed then
    return 'batch_sealed'
  elseif room.lane <= 0 then
    return 'lane_full'
  elseif room.tenant <= 0 then
    return 'tenant_full'
  elseif room.session <= 0 then
    return 'session_full'
  end
end

local function put_aside(uuid, record, start)
  record[STATE] = LATER
  write_record(uuid, record)
  redis.call('ZADD', base .. 'later:' .. lane, start, uuid)
end

-- Answers a word for the job, and whether it is to wait from now on.
local function admit(index)
  local uuid, raw = string.sub(uuids, 16 * index - 15, 16 * index), ARGV[PAIRS + 2 * index - 1]
  local record, known = unfold(raw), read_record(uuid)
  if known then
    return known[FINGERPRINT] == record[FINGERPRINT] and 'accepted' or 'key_reused', nil, 0
  end
  local refused = refusal(record)
  if refused then
    return refused, nil, 0
  end
  for _, of in ipairs({ 'lane', 'tenant', 'session' }) do
    room[of] = room[of] - 1
  end
  if record[GENERATION] > 0 and record[SUBJECT] ~= '' then
    redis.call('HSET', generations, record[SUBJECT], string.format('%.0f', record[GENERATION]))
    outdate_faces(member, record[SUBJECT], record[GENERATION])
  end
  local start = ARGV[STARTS + index - 1] or '0'
  if tonumber(start) > now_ms() then
    put_aside(uuid, record, start)
    return 'accepted', nil, 1
  end
  redis.call('SET', base .. uuid, raw)
  return 'accepted', uuid, 1
end

local answer, accepted, waiting = { 'ok' }, count, uuids
if not admit_all() then
  local wait = {}
  accepted = 0
  for index = 1, count do
    local word, uuid, by = admit(index)
    answer[1 + index], wait[#wait + 1], accepted = word, uuid, accepted + by
  end
  waiting = table.concat(wait)
end
if waiting ~= '' then
  for at = PAIRS + 1, STARTS - 1, 2 do
    if has_deadline(ARGV[at]) then
      mark_odd(lane, member)
      break
    end
  end
  enter_stream(lane, member, waiting)
  enter_ring(lane, member)
end
-- A batch that nobody seals is forgotten a dead job's time after its last job came.
if batch ~= '' and accepted > 0 then
  redis.call('HINCRBY', batch_key, 'total', accepted)
  redis.call('PEXPIRE', batch_key, ARGV[6])
end
count_open_in(lane, member, accepted)
count_session(member, 'accepted', accepted)
write_counts()
return answer
