#!lua
-- Puts jobs of one session into their lanes, each on its own terms.
--
-- KEYS[1]     session hash
-- KEYS[2]     generations hash of the session
-- KEYS[3..6]  lane streams, in the order of the lane table
-- KEYS[7..10] delayed sets, in the same order
-- KEYS[11..]  one job hash for each job
-- ARGV[1]     most jobs that one lane of this shard may hold
-- ARGV[2]     bell channel
-- ARGV[3]     what to ring
-- ARGV[4..]   six for each job: lane number from 1, uuid, whose, subject or '', generation, envelope
-- Result      {'unknown'} | {'not_open', state} | {'ok', answer...}; an answer for each job is
--             'accepted' (also for a job that is known already), 'superseded' or 'full'
local state = redis.call('HGET', KEYS[1], 'state')
if not state then
  return { 'unknown' }
elseif state ~= 'open' then
  return { 'not_open', state }
end

local room = {}
for lane = 1, 4 do
  room[lane] = tonumber(ARGV[1]) - redis.call('XLEN', KEYS[2 + lane]) - redis.call('ZCARD', KEYS[6 + lane])
end

local function admit(job, lane, uuid, whose, subject, generation, envelope)
  if redis.call('EXISTS', job) == 1 then
    return 'accepted'
  end
  local newest = subject ~= '' and tonumber(redis.call('HGET', KEYS[2], subject) or 0) or 0
  if newest > generation then
    return 'superseded'
  end
  if room[lane] <= 0 then
    return 'full'
  end
  room[lane] = room[lane] - 1
  if subject ~= '' and generation > newest then
    redis.call('HSET', KEYS[2], subject, generation)
  end
  local entry = redis.call('XADD', KEYS[2 + lane], '*', 'job', uuid)
  redis.call('HSET', job, 'state', 'waiting', 'attempts', 0, 'entry', entry, 'whose', whose, 'envelope', envelope)
  redis.call('HINCRBY', KEYS[1], 'accepted', 1)
  return 'accepted'
end

local answer = { 'ok' }
for index = 11, #KEYS do
  local first = 4 + (index - 11) * 6
  answer[#answer + 1] = admit(KEYS[index], tonumber(ARGV[first]), ARGV[first + 1], ARGV[first + 2],
    ARGV[first + 3], tonumber(ARGV[first + 4]), ARGV[first + 5])
end
redis.call('PUBLISH', ARGV[2], ARGV[3])
return answer
