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

-- Many records in one call: a call costs more than a record. `nil` becomes `false`.
local function read_records(uuids)
  local keys = {}
  for index, uuid in ipairs(uuids) do
    keys[index] = base .. uuid
  end
  local records = #keys > 0 and redis.call('MGET', unpack(keys)) or {}
  for index, packed in ipairs(records) do
    records[index] = packed and cmsgpack.unpack(packed)
  end
  return records
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

-- One time for the whole script.
local clock_us
local function now_us()
  if not clock_us then
    local time = redis.call('TIME')
    clock_us = tonumber(time[1]) * 1000000 + tonumber(time[2])
  end
  return clock_us
end

local function now_ms()
  return math.floor(now_us() / 1000)
end

local tenants = {}
local function tenant_of(member)
  local tenant = tenants[member]
  if not tenant then
    tenant = string.match(member, '^[^:]*')
    tenants[member] = tenant
  end
  return tenant
end

-- Counters are gathered and written once for each field at the end of a script.
local open_in_lane, running_in_lane, open_of, settled_of = { 0, 0, 0, 0 }, { 0, 0, 0, 0 }, {}, {}

local function count_open(record, by)
  local lane, member = record[LANE], record[MEMBER]
  open_in_lane[lane] = open_in_lane[lane] + by
  open_of[member] = (open_of[member] or 0) + by
end

local function count_running(record, by)
  running_in_lane[record[LANE]] = running_in_lane[record[LANE]] + by
end

-- A counter of a session's hash.
local function count_session(member, field, by)
  local fields = settled_of[member] or {}
  settled_of[member] = fields
  fields[field] = (fields[field] or 0) + by
end

-- A counter at nought leaves.
local function add(key, field, by)
  if by ~= 0 and redis.call('HINCRBY', key, field, by) == 0 then
    redis.call('HDEL', key, field)
  end
end

-- To be called once, at the end of a script. Counters of a session that was erased are not made again.
local function write_counts()
  for lane = 1, 4 do
    add(open, 'l' .. lane, open_in_lane[lane])
    add(open, 'r' .. lane, running_in_lane[lane])
  end
  for member, by in pairs(open_of) do
    add(open, 't:' .. tenant_of(member), by)
  end
  for member, fields in pairs(settled_of) do
    local session = base .. 'session:' .. member
    if redis.call('EXISTS', session) == 1 then
      for field, by in pairs(fields) do
        add(session, field, by)
      end
    end
  end
end
