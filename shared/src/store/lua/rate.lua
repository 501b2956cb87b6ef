#!lua
-- Lets a tenant's jobs in at a steady rate (generic cell rate algorithm): the key holds the moment at which
-- everything let in so far has been paid for.
--
-- KEYS[1] moment of the tenant
-- ARGV[1] microseconds that one job costs
-- ARGV[2] jobs that may come at once
-- ARGV[3] jobs that come now
-- Result  0 when they may come in, else microseconds after which they may
--
-- More jobs than may come at once come in when nothing is owed, and are paid for by a longer pause after them.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local cost, burst, jobs = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local paid = math.max(now, tonumber(redis.call('GET', KEYS[1]) or 0))
local wait = paid + cost * (math.min(jobs, burst) - burst) - now
if wait > 0 then
  return math.ceil(wait)
end
paid = math.ceil(paid + cost * jobs)
redis.call('SET', KEYS[1], string.format('%.0f', paid), 'PX', math.max(1, math.ceil((paid - now) / 1000)))
return 0
