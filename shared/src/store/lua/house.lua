-- Shared by every script, put behind its first line by scripts.rs; declares only local names.
--
-- Every script has one key, the shard's `open` hash, which routes it in a cluster. All other keys begin with
-- ARGV[1] and carry the same hash tag, so one script may touch any of them. The first arguments are the same
-- for all:
-- ARGV[1] what every key of the shard begins with   ARGV[5] milliseconds to keep an answered job
-- ARGV[2] channel that tells of work                ARGV[6] milliseconds to keep a dead job
-- ARGV[3] channel that tells of settled jobs        ARGV[7] most events in a results stream
-- ARGV[4] the shard's number                        ARGV[8] most dead jobs of a tenant
local base, open = ARGV[1], KEYS[1]
local FIRST = 9

-- Places in a job's record, one packed array: reading and writing it whole is one call each.
local STATE, FENCE, TRIES, LANE, MEMBER, GENERATION, SUBJECT, AT = 1, 2, 3, 4, 5, 6, 7, 8
local DEADLINE, FINGERPRINT, BATCH, WORKER, DEATHS, ERROR, BODY = 9, 10, 11, 12, 13, 14, 15

local WAITING, RUNNING, LATER, DONE, DEAD, CANCELLED = 'w', 'r', 'l', 'd', 'x', 'c'

local function read_record(uuid)
  local packed = redis.call('GET', base .. uuid)
  return packed and cmsgpack.unpack(packed)
end

local function write_record(uuid, record)
  redis.call('SET', base .. uuid, cmsgpack.pack(record))
end

local function is_settled(record)
  local state = record[STATE]
  return state == DONE or state == DEAD or state == CANCELLED
end

-- The fence: only the newest claim may move a job.
local function is_held(record, fence)
  return record and record[STATE] == RUNNING and record[FENCE] == tonumber(fence)
end

local function now_us()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end

local function now_ms()
  return math.floor(now_us() / 1000)
end

local function tenant_of(member)
  return string.match(member, '^[^:]*')
end

-- Counters are gathered and written once for each field at the end of a script.
local counts = {}
local function count(key, field, by)
  local fields = counts[key]
  if not fields then
    fields = {}
    counts[key] = fields
  end
  fields[field] = (fields[field] or 0) + by
end

-- A counter at nought leaves; those of a session that was erased are not made again.
local function write_counts()
  for key, fields in pairs(counts) do
    if key == open or redis.call('EXISTS', key) == 1 then
      for field, by in pairs(fields) do
        if by ~= 0 and redis.call('HINCRBY', key, field, by) == 0 then
          redis.call('HDEL', key, field)
        end
      end
    end
  end
end

local function count_open(record, by)
  count(open, 'l' .. record[LANE], by)
  count(open, 't:' .. tenant_of(record[MEMBER]), by)
end

local function count_running(record, by)
  count(open, 'r' .. record[LANE], by)
end
