#!lua
-- Puts jobs of one session into the queue, each on its own terms.
--
-- KEYS[1]   open hash of the shard
-- ARGV[9]   the session as `tenant:session`
-- ARGV[10]  most jobs that one lane of this shard may hold
-- ARGV[11]  most jobs of one tenant in this shard
-- ARGV[12]  most jobs of one session
-- ARGV[13..] ten for each job: uuid (16 bytes), lane number from 1, subject or '', generation, when it was
--           accepted, earliest start or 0, deadline or 0 (all in milliseconds since 1970), fingerprint or '',
--           batch or '', envelope
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
local batches, entered = {}, {}

local function refusal(lane, subject, generation, batch)
  if subject ~= '' and tonumber(redis.call('HGET', generations, subject) or 0) > generation then
    return 'superseded'
  elseif batch ~= '' and redis.call('HEXISTS', batch, 'sealed') == 1 then
    return 'batch_sealed'
  elseif room[lane] <= 0 then
    return 'lane_full'
  elseif room.tenant <= 0 then
    return 'tenant_full'
  elseif room.session <= 0 then
    return 'session_full'
  end
end

local function known(uuid, fingerprint)
  local record = read_record(uuid)
  if record then
    return record[FINGERPRINT] == fingerprint and 'accepted' or 'key_reused'
  end
end

local function admit(at)
  local uuid, lane, subject, generation = ARGV[at], tonumber(ARGV[at + 1]), ARGV[at + 2], tonumber(ARGV[at + 3])
  local start, fingerprint, batch = tonumber(ARGV[at + 5]), ARGV[at + 7], ARGV[at + 8]
  local batch_key = batch ~= '' and base .. 'batch:' .. member .. ':' .. batch or ''
  local refused = refusal(lane, subject, generation, batch_key)
  if refused then
    return known(uuid, fingerprint) or refused
  end
  local later = start > 0 and start > now_ms()
  local record = { later and LATER or WAITING, 0, 0, lane, member, generation, subject, tonumber(ARGV[at + 4]),
    tonumber(ARGV[at + 6]), fingerprint, batch, '', 0, '', ARGV[at + 9] }
  if not redis.call('SET', base .. uuid, cmsgpack.pack(record), 'NX') then
    return known(uuid, fingerprint)
  end
  room[lane], room.tenant, room.session = room[lane] - 1, room.tenant - 1, room.session - 1
  if subject ~= '' and generation > 0 then
    redis.call('HSET', generations, subject, generation)
  end
  if batch ~= '' then
    redis.call('HINCRBY', batch_key, 'total', 1)
    batches[batch_key] = true
  end
  if later then
    redis.call('ZADD', base .. 'later:' .. lane, start, uuid)
  else
    enter_stream(lane, member, uuid)
    entered[lane] = true
  end
  count_open(record, 1)
  count(session, 'accepted', 1)
  return 'accepted'
end

local answer = { 'ok' }
for at = 13, #ARGV, 10 do
  answer[#answer + 1] = admit(at)
end
for lane in pairs(entered) do
  enter_ring(lane, member)
end
-- A batch that nobody seals is forgotten a dead job's time after its last job came.
for batch in pairs(batches) do
  redis.call('PEXPIRE', batch, ARGV[6])
end
write_counts()
return answer
