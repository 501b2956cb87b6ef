#!lua flags=allow-oom
-- Renews leases: a lease is the idle time of the pending entry, and claiming an entry for its own
-- consumer resets that without counting a delivery.
--
-- KEYS      two for each claim: job hash, lane stream
-- ARGV[1]   consumer group
-- ARGV[2]   worker
-- ARGV[3..] attempt of each claim
-- Result    1 for each claim that was renewed, 0 for each that is lost
local answer = {}
for index = 1, #KEYS / 2 do
  local record = read_record(KEYS[2 * index - 1])
  local renewed = {}
  if is_held(record, ARGV[2], ARGV[2 + index]) then
    renewed = redis.call('XCLAIM', KEYS[2 * index], ARGV[1], ARGV[2], 0, record.entry, 'JUSTID')
  end
  answer[index] = #renewed
end
return answer
