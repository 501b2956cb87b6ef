#!lua flags=allow-oom
-- Takes jobs of one shard from workers whose lease ended: they wait again in a new entry, so that the
-- old fence is dead, or are given up after too many tries.
--
-- KEYS     lane streams, in the order of the lane table. Everything else is named by the entries, so it
--          cannot be declared, but carries the same hash tag
-- ARGV[1]  consumer group
-- ARGV[2]  what every key of the shard begins with
-- ARGV[3]  lease in milliseconds
-- ARGV[4]  tries after which a job is given up
-- ARGV[5]  most entries to look at in each stream
-- ARGV[6]  milliseconds to keep a settled job
-- ARGV[7]  most events in a results stream
-- ARGV[8]  bell channel
-- ARGV[9]  what to ring when jobs wait again
-- ARGV[10] what to ring when jobs were given up
-- Result   {uuids of jobs that wait again, uuids of jobs given up, 1 when a stream has more to look at}
local base = ARGV[2]
local limits = { keep_ms = ARGV[6], most_events = ARGV[7] }
local returned, buried, more = {}, {}, 0

local function reclaim(stream, entry)
  local item = redis.call('XRANGE', stream, entry, entry)[1]
  local uuid = item and item[2][2]
  local job = uuid and base .. 'job:' .. uuid
  local record = job and read_record(job) or {}
  leave_stream(stream, ARGV[1], entry)
  if record.state ~= 'running' or record.entry ~= entry then
    return
  end
  redis.call('HDEL', job, 'worker', 'claimed_at_ms')
  if record.attempts >= tonumber(ARGV[4]) then
    settle(base, job, uuid, record, { state = 'dead', error = 'worker_died' }, limits)
    buried[#buried + 1] = uuid
  else
    redis.call('HSET', job, 'error', 'worker_died')
    enter_stream(stream, job, uuid)
    returned[#returned + 1] = uuid
  end
end

for _, stream in ipairs(KEYS) do
  local idle = redis.pcall('XPENDING', stream, ARGV[1], 'IDLE', ARGV[3], '-', '+', ARGV[5])
  if idle.err then
    if not string.find(idle.err, 'NOGROUP', 1, true) then
      error(idle.err)
    end
    idle = {}
  end
  for _, pending in ipairs(idle) do
    reclaim(stream, pending[1])
  end
  if #idle >= tonumber(ARGV[5]) then
    more = 1
  end
end
if #returned > 0 then
  redis.call('PUBLISH', ARGV[8], ARGV[9])
end
if #buried > 0 then
  redis.call('PUBLISH', ARGV[8], ARGV[10])
end
return { returned, buried, more }
