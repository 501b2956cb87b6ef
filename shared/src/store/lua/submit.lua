#!lua
-- Puts jobs of one session into the queue, each on its own terms.
--
-- KEYS[1]   open hash of the shard
-- ARGV[9]   the session as `tenant:session`
-- ARGV[10]  most jobs that one lane of this shard may hold
-- ARGV[11]  most jobs of one tenant in this shard
-- ARGV[12]  most jobs of one session
-- ARGV[13..] ten for each job: uuid (16 bytes), lane number from 1, subject or '', generation, when it was
--           accepted, earliest start or 0, deadline or 0 (all in milliseconds since 1970), fingerprint in ASCII or
--           '', batch or '', envelope
-- Result    {'unknown'} | {'not_open', state} | {'ok', answer...}; an answer for each job is 'accepted' (also
--           for a job that is known already), 'key_reused' (known with another fingerprint), 'superseded',
--           'batch_sealed', 'lane_full', 'tenant_full' or 'session_full'
local member = ARGV[FIRST]
local session = base .. 'session:' .. member
local field = redis.call('HMGET', session, 'state', 'accepted', 'done', 'dead', 'cancelled')
if not field[1] then
  return { 'unknown' }
elseif field[1] ~= 'open' then
  return { 'not_open', field[1] }
end

local tenant = 't:' .. tenant_of(member)
local held = redis.call('HMGET', open, 'l1', 'l2', 'l3', 'l4', tenant)
local room = {}
for lane = 1, 4 do
  room[lane] = tonumber(ARGV[10]) - tonumber(held[lane] or 0)
end
room.tenant = tonumber(ARGV[11]) - tonumber(held[5] or 0)
room.session = tonumber(ARGV[12]) - tonumber(field[2] or 0)
for settled = 3, 5 do
  room.session = room.session + tonumber(field[settled] or 0)
end

local generations = base .. 'generations:' .. member
local has_generations = redis.call('EXISTS', generations) == 1
local newest, candidates = {}, {}

local function newest_of(subject)
  if not newest[subject] then
    newest[subject] = has_generations and tonumber(redis.call('HGET', generations, subject) or 0) or 0
  end
  return newest[subject]
end

local function refusal(lane, subject, generation, batch)
  if subject ~= '' and newest_of(subject) > generation then
    return 'superseded'
  elseif batch ~= '' and redis.call('HEXISTS', base .. 'batch:' .. member .. ':' .. batch, 'sealed') == 1 then
    return 'batch_sealed'
  elseif room[lane] <= 0 then
    return 'lane_full'
  elseif room.tenant <= 0 then
    return 'tenant_full'
  elseif room.session <= 0 then
    return 'session_full'
  end
end

-- What a job that is there already answers.
local function known(record, fingerprint)
  if record then
    return record[FINGERPRINT] == fingerprint and 'accepted' or 'key_reused'
  end
end

-- The record of a job that may come in, folded, or why it may not.
local function judge(at)
  local uuid, lane, subject, generation = ARGV[at], tonumber(ARGV[at + 1]), ARGV[at + 2], tonumber(ARGV[at + 3])
  local start, fingerprint, batch = tonumber(ARGV[at + 5]), ARGV[at + 7], ARGV[at + 8]
  if candidates[uuid] then
    return nil, known(unfold(candidates[uuid]), fingerprint)
  end
  local refused = refusal(lane, subject, generation, batch)
  if refused then
    return nil, known(read_record(uuid), fingerprint) or refused
  end
  room[lane], room.tenant, room.session = room[lane] - 1, room.tenant - 1, room.session - 1
  local state = start > 0 and start > now_ms() and LATER or WAITING
  local names = member .. '\n' .. subject .. '\n' .. batch .. '\n\n' .. fingerprint .. '\n'
  local raw = state .. '00000000000000' .. lane .. digits(ARGV[at + 4], 13) .. digits(ARGV[at + 6], 13) ..
    digits(ARGV[at + 3], 10) .. digits(#names, 4) .. names
  candidates[uuid] = raw
  return raw
end

local entered, batches, bodies = {}, {}, {}

local function admit(at)
  local uuid, lane, subject, generation = ARGV[at], tonumber(ARGV[at + 1]), ARGV[at + 2], tonumber(ARGV[at + 3])
  local batch = ARGV[at + 8]
  if subject ~= '' and generation > newest_of(subject) then
    redis.call('HSET', generations, subject, ARGV[at + 3])
    newest[subject] = generation
  end
  if batch ~= '' then
    batches[batch] = (batches[batch] or 0) + 1
  end
  if string.sub(candidates[uuid], 1, 1) == LATER then
    redis.call('ZADD', base .. 'later:' .. lane, ARGV[at + 5], uuid)
  else
    enter_stream(lane, member, uuid)
    entered[lane] = true
  end
  bodies[#bodies + 1] = uuid
  bodies[#bodies + 1] = ARGV[at + 9]
  count_open_in(lane, member, 1)
end

local answer, places, writes = { 'ok' }, {}, {}
for at = 13, #ARGV, 10 do
  local raw, refused = judge(at)
  if raw then
    places[#places + 1] = at
    writes[#writes + 1] = base .. ARGV[at]
    writes[#writes + 1] = raw
  end
  answer[#answer + 1] = refused or 'accepted'
end
-- All at once where all are new, as nearly always; else one by one.
local all_new = #places == 0 or redis.call('MSETNX', unpack(writes)) == 1
local accepted = 0
for index, at in ipairs(places) do
  if all_new or redis.call('SET', writes[2 * index - 1], writes[2 * index], 'NX') then
    admit(at)
    accepted = accepted + 1
  else
    answer[2 + (at - 13) / 10] = known(read_record(ARGV[at]), ARGV[at + 7])
  end
end
count_session(member, 'accepted', accepted)
if accepted > 0 then
  redis.call('HSET', base .. 'bodies', unpack(bodies))
end
for lane in pairs(entered) do
  enter_ring(lane, member)
end
-- A batch that nobody seals is forgotten a dead job's time after its last job came.
for batch, jobs in pairs(batches) do
  local key = base .. 'batch:' .. member .. ':' .. batch
  redis.call('HINCRBY', key, 'total', jobs)
  redis.call('PEXPIRE', key, ARGV[6])
end
write_counts()
return answer
