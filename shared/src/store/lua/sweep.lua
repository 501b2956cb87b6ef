#!lua flags=allow-oom
-- Ends what is past its age in one shard: events with their jobs, dead jobs' places in the list, turns nobody
-- needs.
--
-- KEYS[1] open hash of the shard
-- ARGV[9] milliseconds after which a session's last service is forgotten
-- Result  {how many things were removed, 1 when there may be more}
--
-- An empty results stream stays: it remembers its last cursor, so that a reader's place stays right even when
-- the clock was set back.
local now = now_us()
local now_in_ms = math.floor(now / 1000)
local removed = 0
for lane = 1, 4 do
  removed = removed + redis.call('ZREMRANGEBYSCORE', base .. 'turn:' .. lane, '-inf', now - ARGV[FIRST] * 1000)
end
local more = 0
for _, tenant in ipairs(redis.call('SMEMBERS', base .. 'tenants')) do
  local gone = forget_old(tenant)
  more = math.max(more, gone)
  removed = removed + gone
  removed = removed + redis.call('ZREMRANGEBYSCORE', base .. 'dead:' .. tenant, '-inf', now_in_ms - ARGV[6])
end
return { removed, more >= FORGET_MAX and 1 or 0 }
