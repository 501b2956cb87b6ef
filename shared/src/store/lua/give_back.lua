#!lua flags=allow-oom
-- Returns jobs untouched: they wait again, and the try does not count.
--
-- KEYS      two for each claim: job hash, lane stream
-- ARGV[1]   consumer group
-- ARGV[2]   worker
-- ARGV[3]   bell channel
-- ARGV[4]   what to ring
-- ARGV[5..] two for each claim: uuid, attempt
-- Result    how many were returned
local returned = 0
for index = 1, #KEYS / 2 do
  local job, stream = KEYS[2 * index - 1], KEYS[2 * index]
  local uuid, attempt = ARGV[3 + 2 * index], ARGV[4 + 2 * index]
  local record = read_record(job)
  if is_held(record, ARGV[2], attempt) then
    leave_stream(stream, ARGV[1], record.entry)
    redis.call('HINCRBY', job, 'attempts', -1)
    redis.call('HDEL', job, 'claimed_at_ms')
    enter_stream(stream, job, uuid)
    returned = returned + 1
  end
end
if returned > 0 then
  redis.call('PUBLISH', ARGV[3], ARGV[4])
end
return returned
