#!lua flags=no-writes
-- Reads on in a tenant's results stream; the answers themselves lie in the jobs' records.
--
-- KEYS[1]  open hash of the shard
-- ARGV[9]  tenant
-- ARGV[10] session as `tenant:session`, '' for all
-- ARGV[11] cursor after which to read
-- ARGV[12] most entries to read
-- ARGV[13] most events to answer
-- Result   {cursor to go on from, 1 when there is more to read, {event...}} with an event as {cursor, uuid,
--          record} or {cursor, batch, session as `tenant:session`, total, done, dead, cancelled}
local read = redis.call('XRANGE', base .. 'out:' .. ARGV[9], '(' .. ARGV[11], '+', 'COUNT', ARGV[12])
local events, next_one = {}, ARGV[11]
for index, entry in ipairs(read) do
  local event = event_of(entry)
  next_one = entry[1]
  if event and (ARGV[10] == '' or event.member == ARGV[10]) then
    events[#events + 1] = event
  end
  if #events >= tonumber(ARGV[13]) then
    return { next_one, index < #read and 1 or 0, events }
  end
end
return { next_one, #read >= tonumber(ARGV[12]) and 1 or 0, events }
