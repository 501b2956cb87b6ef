#!lua flags=allow-oom
-- Takes jobs of one shard from workers whose lease ended: they wait again under a dead fence, or are given
-- up when too many workers died on them.
--
-- KEYS[1]  open hash of the shard
-- ARGV[9]  deaths after which a job is given up
-- ARGV[10] most jobs to look at
-- ARGV[11] longest lease in milliseconds
-- Result   {uuids of jobs that wait again, uuids of jobs given up, 1 when there is more to look at}
-- Jobs come back after a second death a fifteenth of a lease apart, 2 s of 30, which is longer than a photo takes;
-- the last of a round waits two leases.
local PAUSE_MS, PAUSES = math.floor(tonumber(ARGV[11]) / 15), 30
local now, most = now_ms(), tonumber(ARGV[10])
local lease = base .. 'lease'
local returned, buried = {}, {}

local function reclaim(claim)
  local uuid = sub(claim, 1, 16)
  local record = read_record(uuid)
  if not is_held(record, sub(claim, 17)) then
    redis.call('ZREM', lease, claim)
    return
  end
  end_lease(uuid, record)
  record[DEATHS] = record[DEATHS] + 1
  if record[DEATHS] >= tonumber(ARGV[FIRST]) then
    -- The last worker may only have been slow: its answer comes too late.
    record[FENCE] = record[FENCE] + 1
    settle(uuid, record, DEAD, 'worker_died')
    buried[#buried + 1] = uuid
  elseif record[DEATHS] >= 2 then
    -- One of the jobs that died together kills: apart from each other only that one dies again.
    record[STATE], record[ERROR] = LATER, 'worker_died'
    write_record(uuid, record)
    local pause = PAUSE_MS * (#returned % PAUSES)
    redis.call('ZADD', base .. 'later:' .. record[LANE], string.format('%.0f', now + pause), uuid)
    returned[#returned + 1] = uuid
  else
    record[ERROR] = 'worker_died'
    come_back(uuid, record)
    returned[#returned + 1] = uuid
  end
end

local ended = redis.call('ZRANGEBYSCORE', lease, '-inf', now, 'LIMIT', 0, most)
for _, claim in ipairs(ended) do
  reclaim(claim)
end
-- No lease ends later than one from now, unless the clock was set back meanwhile.
local latest = now + tonumber(ARGV[11])
for _, claim in ipairs(redis.call('ZRANGEBYSCORE', lease, '(' .. latest, '+inf', 'LIMIT', 0, most)) do
  redis.call('ZADD', lease, latest, claim)
end
write_counts()
-- Where nobody runs, what is still counted are jobs whose records were removed from outside.
if call('EXISTS', lease) == 0 then
  call('HDEL', open, 'r1', 'r2', 'r3', 'r4')
end
write_settled()
return { returned, buried, #ended >= most and 1 or 0 }
