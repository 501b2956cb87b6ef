#!lua flags=no-writes
-- Tells how the readers of tenants' results streams stand.
--
-- KEYS[1]  open hash of the shard
-- ARGV[9..] tenants
-- Result   for each tenant {entries in its stream, {reader...}} with a reader as {name, events in hand, events
--          in hand that are due, entries it has not read}
local now = now_ms()
local answer = {}

local function reader(tenant, group)
  local held = base .. 'held:' .. tenant .. ':' .. group.name
  -- Redis does not tell once entries were deleted, which we never do.
  return { group.name, redis.call('ZCARD', held), redis.call('ZCOUNT', held, '-inf', now), group.lag or 0 }
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
