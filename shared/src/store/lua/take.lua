#!lua flags=allow-oom
-- Claims waiting jobs of one shard for a worker; each claim raises the job's fence by one.
--
-- KEYS       lane streams to read
-- ARGV[1]    consumer group
-- ARGV[2]    worker
-- ARGV[3]    what every job hash's key begins with; the hashes are found through the streams, so they
--            cannot be declared, but carry the same hash tag
-- ARGV[4..]  most jobs to take, one for each stream
-- Result     {stream number from 1, uuid, attempt, envelope} for each job taken
local now = now_ms()

local function read_stream(stream, count)
  local read = { 'XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', count, 'STREAMS', stream, '>' }
  local answer = redis.pcall(unpack(read))
  if answer and answer.err then
    if not string.find(answer.err, 'NOGROUP', 1, true) then
      error(answer.err)
    end
    redis.call('XGROUP', 'CREATE', stream, ARGV[1], '0', 'MKSTREAM')
    answer = redis.call(unpack(read))
  end
  return answer and answer[1] and answer[1][2] or {}
end

local taken = {}
for index, stream in ipairs(KEYS) do
  for _, item in ipairs(read_stream(stream, ARGV[3 + index])) do
    local entry, uuid = item[1], item[2][2]
    local job = ARGV[3] .. uuid
    local record = read_record(job)
    if record.state == 'waiting' and record.entry == entry then
      local attempt = record.attempts + 1
      redis.call('HSET', job, 'state', 'running', 'attempts', attempt, 'worker', ARGV[2], 'claimed_at_ms', now)
      taken[#taken + 1] = { index, uuid, attempt, redis.call('HGET', job, 'envelope') }
    else
      leave_stream(stream, ARGV[1], entry)
    end
  end
end
return taken
