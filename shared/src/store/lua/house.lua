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
-- Names in a table of names cost as much as the work behind them (measured).
local sub, call = string.sub, redis.call

-- While the shard's slot moves from one node of a cluster to another, Redis refuses whatever touches a key that is
-- absent, and would end a script half-way. So nothing is done until the slot has moved; no key has this name.
local stands_still = redis.pcall('EXISTS', base .. 'moving')
if type(stands_still) == 'table' then
  return redis.error_reply('TRYAGAIN the shard is on its way to another node')
end

-- A job's record is one text: digits of fixed width, names in lines, and its body: the envelope, of a job that
-- is done the answer, of a cancelled one nothing. Scripts that many jobs go through look at its digits where they
-- stand; all others unfold it. Lua hashes every byte of every text it makes, so a record is not written anew when
-- its job is claimed: a job whose record says that it waits runs when its claim has a lease, and fence and tries are
-- one more than the record says.
--
--   1 state   2-9 fence, the count of claims   10-13 tries   14-15 deaths of workers   16 lane
--   17-29 when accepted, once settled when settled   30-42 deadline or 0   43-52 generation
--   53 0 without batch and error, 1 with a batch only, else 2   54-57 length of the names, each with a line feed
--   58- names: session as `tenant:session`, subject, batch, error, fingerprint
local STATE, FENCE, TRIES, DEATHS, LANE, AT, DEADLINE, GENERATION = 1, 2, 3, 4, 5, 6, 7, 8
local MEMBER, SUBJECT, BATCH, ERROR, FINGERPRINT, BODY = 9, 10, 11, 12, 13, 14
local NAMES_AT, ZERO = 58, '0000000000000'
local NAMES = '^([^\n]*)\n([^\n]*)\n([^\n]*)\n([^\n]*)\n([^\n]*)\n'

local WAITING, RUNNING, LATER, DONE, DEAD, CANCELLED = 'w', 'r', 'l', 'd', 'x', 'c'

-- A number as text of so many digits.
local function digits(number, width)
  local text = type(number) == 'string' and number or string.format('%.0f', number)
  return #text == width and text or string.sub(ZERO .. text, -width)
end

local function unfold(raw)
  local function number(first, last)
    return tonumber(string.sub(raw, first, last))
  end
  local record = { string.sub(raw, 1, 1), number(2, 9), number(10, 13), number(14, 15), number(16, 16),
    number(17, 29), number(30, 42), number(43, 52), string.match(raw, NAMES, NAMES_AT) }
  record[BODY] = string.sub(raw, NAMES_AT + number(54, 57))
  return record
end

local function fold(record)
  local names = table.concat(record, '\n', MEMBER, FINGERPRINT) .. '\n'
  local named = record[ERROR] ~= '' and '2' or record[BATCH] ~= '' and '1' or '0'
  return table.concat({ record[STATE], digits(record[FENCE], 8), digits(record[TRIES], 4), digits(record[DEATHS], 2),
    record[LANE], digits(record[AT], 13), digits(record[DEADLINE], 13), digits(record[GENERATION], 10),
    named, digits(#names, 4), names, record[BODY] })
end

-- The same of a job that has a lease.
local function unfold_running(raw)
  local record = unfold(raw)
  record[STATE], record[FENCE], record[TRIES] = RUNNING, record[FENCE] + 1, record[TRIES] + 1
  return record
end

-- Fence and tries of a folded record, each one more.
local function claimed(raw)
  local both = sub(raw, 2, 13)
  if both == '000000000000' then
    return '000000010001'
  end
  return digits(tonumber(sub(both, 1, 8)) + 1, 8) .. digits(tonumber(sub(both, 9)) + 1, 4)
end

-- What the lease calls a claim: the job's UUID and the fence in eight digits. As long as it stands there, the claim
-- is the living one, and the record is the one that it found.
local function claim_on(uuid, raw)
  return uuid .. sub(claimed(raw), 1, 8)
end

local function read_record(uuid)
  local raw = call('GET', base .. uuid)
  if raw and sub(raw, 1, 1) == WAITING and call('ZSCORE', base .. 'lease', claim_on(uuid, raw)) then
    return unfold_running(raw)
  end
  return raw and unfold(raw)
end

local function write_record(uuid, record)
  redis.call('SET', base .. uuid, fold(record))
end

local function is_settled(state)
  return state == DONE or state == DEAD or state == CANCELLED
end

-- The fence: only the newest claim may move a job.
local function is_held(record, fence)
  return record and record[STATE] == RUNNING and record[FENCE] == tonumber(fence)
end

-- The events that an entry of a results stream tells of, see event.lua.
local function size_of(entry)
  return entry[2][1] == 'j' and #entry[2][2] / 16 or 1
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

local function count_open_in(lane, member, by)
  open_in_lane[lane] = open_in_lane[lane] + by
  open_of[member] = (open_of[member] or 0) + by
end

local function count_open(record, by)
  count_open_in(record[LANE], record[MEMBER], by)
end

local function count_running_in(lane, by)
  running_in_lane[lane] = running_in_lane[lane] + by
end

-- Notes that a stream holds places of jobs that are not just waiting for their first claim, until it is empty: those
-- with a deadline, those that were claimed before, those that were cancelled. A take then looks at each.
local function mark_odd(lane, member)
  call('HSET', base .. 'odd', lane .. ':' .. member, '')
end

-- Ends the claim of a running job.
local function end_lease(uuid, record)
  call('ZREM', base .. 'lease', uuid .. digits(record[FENCE], 8))
  count_running_in(record[LANE], -1)
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
