#!lua flags=no-writes
-- Tells how the readers of tenants' results streams stand.
--
-- KEYS[1]  open hash of the shard
-- ARGV[9..] tenants
-- Result   for each tenant {entries in its stream, {reader...}} with a reader as {name, events in hand, events
--          in hand that are due, entries it has not read, 1000 where Redis cannot tell and there are more}
local now = now_ms()
local answer = {}

-- Redis knows no lag while entries that a reader has not read were deleted (a session was erased, a dead job
-- replayed). Then they are counted, but not without end: Redis serves nobody meanwhile.
local function lag_of(out, group)
  return group.lag or #redis.call('XRANGE', out, '(' .. group['last-delivered-id'], '+', 'COUNT', 1000)
end

local function reader(tenant, group)
  local held, out = base .. 'held:' .. tenant .. ':' .. group.name, base .. 'out:' .. tenant
  return { group.name, redis.call('ZCARD', held), redis.call('ZCOUNT', held, '-inf', now), lag_of(out, group) }
end

for at = FIRST, #ARGV do
  local out, readers = base .. 'out:' .. ARGV[at], {}
  local length = redis.call('XLEN', out)
  if redis.call('EXISTS', out) == 1 then
    for _, fields in ipairs(redis.call('XINFO', 'GROUPS', out)) do
      local group = {}
      for index = 1, #fields, 2 do
        group[fields[index]] = fields[index + 1]
      end
      readers[#readers + 1] = reader(ARGV[at], group)
    end
  end
  answer[#answer + 1] = { length, readers }
end
return answer
