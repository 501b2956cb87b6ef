#!lua flags=allow-oom
-- Gives a job up, for the living fence only.
--
-- KEYS[1] job hash. Results stream, session hash and tenants set are named by it, so they cannot be
--         declared, but carry the same hash tag
-- KEYS[2] lane stream
-- ARGV[1] consumer group
-- ARGV[2] worker
-- ARGV[3] what every key of the shard begins with
-- ARGV[4] milliseconds to keep a settled job
-- ARGV[5] most events in a results stream
-- ARGV[6] bell channel
-- ARGV[7] what to ring
-- ARGV[8] uuid
-- ARGV[9] attempt
-- ARGV[10] code of the error
-- Result  1 when this claim buried the job, now or in an earlier call; else 0
local record = read_record(KEYS[1])
if not is_fence_of(record, ARGV[2], ARGV[9]) then
  return 0
elseif record.state == 'dead' then
  return 1
elseif record.state ~= 'running' then
  return 0
end
leave_stream(KEYS[2], ARGV[1], record.entry)
settle(ARGV[3], KEYS[1], ARGV[8], record, { state = 'dead', error = ARGV[10] },
  { keep_ms = ARGV[4], most_events = ARGV[5] })
redis.call('PUBLISH', ARGV[6], ARGV[7])
return 1
