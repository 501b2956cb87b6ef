#!lua flags=no-writes
-- Reads on in a tenant's results stream; the answers themselves lie in the jobs' records.
--
-- KEYS[1]  open hash of the shard
-- ARGV[9]  tenant
-- ARGV[10] session as `tenant:session`, '' for all
-- ARGV[11] place after which to read
-- ARGV[12] most events to look at
-- ARGV[13] most events to answer
-- Result   {place to go on from, 1 when there may be more to read, {event...}} with an event as {place, uuid,
--          record} or {place, batch, session as `tenant:session`, total, done, dead, cancelled}
local out, looks, most = base .. 'out:' .. ARGV[9], tonumber(ARGV[12]), tonumber(ARGV[13])
local id, through = split(ARGV[11])
local from, next_one, events = through and id or '(' .. id, ARGV[11], {}
-- Entries of one call: each may tell of many events.
local PAGE = 50

local function read(entry)
  if ARGV[10] ~= '' and entry[2][6] ~= ARGV[10] then
    looks, next_one = looks - 1, entry[1]
    return looks >= 0
  end
  for number = (entry[1] == id and through or 0) + 1, size_of(entry) do
    if looks <= 0 or #events >= most then
      return false
    end
    local event = event_of(entry, number)
    looks, next_one = looks - 1, place_of(entry, number)
    if event then
      events[#events + 1] = event
    end
  end
  return true
end

repeat
  local entries = redis.call('XRANGE', out, from, '+', 'COUNT', PAGE)
  for _, entry in ipairs(entries) do
    if not read(entry) then
      return { next_one, 1, events }
    end
    from = '(' .. entry[1]
  end
until #entries == 0
return { next_one, 0, events }
