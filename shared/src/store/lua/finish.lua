#!lua flags=allow-oom
-- Settles jobs as done, for the living fence only. A job whose subject has a newer generation by now is
-- settled as dead with `superseded`, and its result is not kept.
--
-- KEYS      two for each job: job hash, lane stream. Results stream, session hash, generations hash and
--           tenants set are named by the job hash, so they cannot be declared, but carry the same hash tag
-- ARGV[1]   consumer group
-- ARGV[2]   worker
-- ARGV[3]   what every key of the shard begins with
-- ARGV[4]   milliseconds to keep a settled job
-- ARGV[5]   most events in a results stream
-- ARGV[6]   bell channel
-- ARGV[7]   what to ring
-- ARGV[8..] three for each job: uuid, attempt, result
-- Result    for each job 1 when this claim settled it, now or in an earlier call; else 0
local base = ARGV[3]
local limits = { keep_ms = ARGV[4], most_events = ARGV[5] }

local function finish(job, stream, uuid, attempt, result)
  local record = read_record(job)
  if not is_fence_of(record, ARGV[2], attempt) then
    return 0
  elseif record.state == 'done' or record.state == 'dead' then
    return 1
  elseif record.state ~= 'running' then
    return 0
  end
  leave_stream(stream, ARGV[1], record.entry)
  local settlement = { state = 'done', result = result }
  if is_superseded(base, record.whose) then
    settlement = { state = 'dead', error = 'superseded' }
  else
    redis.call('HDEL', job, 'error')
  end
  settle(base, job, uuid, record, settlement, limits)
  return 1
end

local answer = {}
for index = 1, #KEYS / 2 do
  local first = 8 + (index - 1) * 3
  answer[index] = finish(KEYS[2 * index - 1], KEYS[2 * index], ARGV[first], ARGV[first + 1], ARGV[first + 2])
end
redis.call('PUBLISH', ARGV[6], ARGV[7])
return answer
