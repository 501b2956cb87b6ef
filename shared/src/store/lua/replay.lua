#!lua
-- Brings dead jobs back into their streams, behind those that wait; their tries count anew, and a deadline that
-- has passed holds no more.
--
-- KEYS[1]   open hash of the shard
-- ARGV[9]   tenant
-- ARGV[10]  most jobs that one lane of this shard may hold
-- ARGV[11..] uuids
-- Result    for each job 'unknown', 'superseded', 'lane_full' or its state now: waiting when it came back
local tenant = ARGV[FIRST]

-- What told of its death tells of it no more, lest its next end be told twice. The entry was written within the
-- script that settled the job; one that is not found there (the clock was set back) stays.
local function forget_event(uuid, record)
  local out = base .. 'out:' .. tenant
  local moment = string.format('%.0f', record[AT])
  local until_ms = string.format('%.0f', record[AT] + 20)
  for _, entry in ipairs(redis.call('XRANGE', out, moment, until_ms, 'COUNT', 1000)) do
    if entry[2][1] == 'x' and entry[2][2] == uuid then
      redis.call('XDEL', out, entry[1])
      return
    end
  end
end

local function count_back(record)
  count_open(record, 1)
  count_session(record[MEMBER], 'dead', -1)
  local batch = base .. 'batch:' .. record[MEMBER] .. ':' .. record[BATCH]
  if record[BATCH] ~= '' and redis.call('EXISTS', batch) == 1 then
    redis.call('HINCRBY', batch, 'dead', -1)
    -- One that was told of keeps until the job is settled again.
    redis.call('PEXPIRE', batch, ARGV[6], 'GT')
  else
    record[BATCH] = ''
  end
end

local function replay(uuid)
  local record = read_record(uuid)
  if not record or tenant_of(record[MEMBER]) ~= tenant
    or redis.call('EXISTS', base .. 'session:' .. record[MEMBER]) == 0 then
    return 'unknown'
  elseif record[STATE] ~= DEAD then
    return record[STATE]
  elseif is_superseded(record) then
    return 'superseded'
  end
  local held = tonumber(redis.call('HGET', open, 'l' .. record[LANE]) or 0)
  if held + open_in_lane[record[LANE]] >= tonumber(ARGV[FIRST + 1]) then
    return 'lane_full'
  end
  forget_event(uuid, record)
  count_back(record)
  redis.call('ZREM', base .. 'dead:' .. tenant, uuid)
  record[STATE], record[TRIES], record[DEATHS], record[ERROR], record[AT] = WAITING, 0, 0, '', now_ms()
  write_record(uuid, record)
  mark_odd(record[LANE], record[MEMBER])
  enter_stream(record[LANE], record[MEMBER], uuid)
  enter_ring(record[LANE], record[MEMBER])
  return WAITING
end

local answer = {}
for at = FIRST + 2, #ARGV do
  answer[#answer + 1] = replay(ARGV[at])
end
write_counts()
return answer
