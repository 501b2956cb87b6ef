#!lua flags=no-writes
-- Tells how the readers of tenants' results streams stand.
--
-- KEYS[1]  open hash of the shard
-- ARGV[9..] tenants
-- Result   for each tenant {events in its stream, {reader...}} with a reader as {name, events in hand, events in
--          hand that are due, events in hand that were handed out, events it has not read}
local now = now_ms()
local answer = {}

-- Events behind a place, those of erased sessions and replayed jobs among them until it is past them.
local function behind(tenant, place)
  local entry = redis.call('XRANGE', base .. 'out:' .. tenant, place, '+', 'COUNT', 1)[1]
  return entry and tonumber(redis.call('HGET', base .. 'told', tenant)) - tonumber(entry[2][4]) + size_of(entry) or 0
end

local function reader(tenant, group)
  local of_group = tenant .. ':' .. group.name
  local held = base .. 'held:' .. of_group
  return { group.name, redis.call('ZCARD', held), redis.call('ZCOUNT', held, '-inf', now),
    redis.call('HLEN', base .. 'tries:' .. of_group), behind(tenant, '(' .. group['last-delivered-id']) }
end

for at = FIRST, #ARGV do
  local out, readers = base .. 'out:' .. ARGV[at], {}
  if redis.call('EXISTS', out) == 1 then
    for _, fields in ipairs(redis.call('XINFO', 'GROUPS', out)) do
      local group = {}
      for index = 1, #fields, 2 do
        group[fields[index]] = fields[index + 1]
      end
      readers[#readers + 1] = reader(ARGV[at], group)
    end
  end
  answer[#answer + 1] = { behind(ARGV[at], '-'), readers }
end
return answer
