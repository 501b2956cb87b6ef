#!lua flags=allow-oom
-- Forgets a session whose jobs are gone.
--
-- KEYS[1]  open hash of the shard
-- ARGV[9]  tenant
-- ARGV[10] session's name
-- Result   1 when it is gone, 0 when it was opened meanwhile
local member = ARGV[9] .. ':' .. ARGV[10]
local session = base .. 'session:' .. member
if redis.call('HGET', session, 'state') == 'open' then
  return 0
end
redis.call('DEL', session, base .. 'generations:' .. member)
drop_gallery(member)
redis.call('HDEL', base .. 'paused', 's:' .. member)
redis.call('ZREM', base .. 'retain', member)
redis.call('SREM', base .. 'sessions:' .. ARGV[9], ARGV[10])
for lane = 1, 4 do
  for _, name in ipairs({ member, member .. '!' }) do
    redis.call('DEL', base .. 'q:' .. lane .. ':' .. name)
    redis.call('ZREM', base .. 'ring:' .. lane, name)
    redis.call('HDEL', base .. 'begun', lane .. ':' .. name)
    redis.call('HDEL', base .. 'odd', lane .. ':' .. name)
  end
  redis.call('ZREM', base .. 'turn:' .. lane, member)
end
return 1
