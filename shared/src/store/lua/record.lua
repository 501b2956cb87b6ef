-- Shared by the scripts that move a job: reading its hash, the fence, leaving the stream.
-- Put in front of a script by scripts.rs; it declares only local functions.
local function read_record(job)
  local field = redis.call('HMGET', job, 'state', 'attempts', 'worker', 'entry', 'whose')
  return {
    state = field[1],
    attempts = tonumber(field[2] or 0),
    worker = field[3],
    entry = field[4],
    whose = field[5],
  }
end

-- The fence: only the worker and the try that hold the job may move it.
local function is_fence_of(record, worker, attempt)
  return record.worker == worker and record.attempts == tonumber(attempt)
end

local function is_held(record, worker, attempt)
  return record.state == 'running' and is_fence_of(record, worker, attempt)
end

-- XACK alone would leave the entry's memory in the stream for ever.
local function leave_stream(stream, group, entry)
  if entry then
    redis.call('XACK', stream, group, entry)
    redis.call('XDEL', stream, entry)
  end
end

local function enter_stream(stream, job, uuid)
  local entry = redis.call('XADD', stream, '*', 'job', uuid)
  redis.call('HSET', job, 'state', 'waiting', 'entry', entry)
  redis.call('HDEL', job, 'worker')
end

local function now_ms()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
