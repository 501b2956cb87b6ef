#!lua flags=allow-oom
-- Ends what is past its age in one shard: events, dead jobs' places in the list, turns nobody needs.
--
-- KEYS[1] open hash of the shard
-- ARGV[9] milliseconds after which a session's last service is forgotten
-- Result  how many things were removed
--
-- An empty results stream stays: it remembers its last cursor, so that a reader's place stays right even when
-- the clock was set back.
local now = now_us()
local now_in_ms = math.floor(now / 1000)
local removed = 0
for lane = 1, 4 do
  removed = removed + redis.call('ZREMRANGEBYSCORE', base .. 'turn:' .. lane, '-inf', now - ARGV[FIRST] * 1000)
end
for _, tenant in ipairs(redis.call('SMEMBERS', base .. 'tenants')) do
  local out, dead = base .. 'out:' .. tenant, base .. 'dead:' .. tenant
  removed = removed + redis.call('XTRIM', out, 'MINID', '=', string.format('%.0f', now_in_ms - ARGV[5]))
  removed = removed + redis.call('ZREMRANGEBYSCORE', dead, '-inf', now_in_ms - ARGV[6])
end
return removed
