#!lua flags=allow-oom
-- Notes what became of a webhook.
--
-- KEYS[1] hash of the tenant's webhooks
-- ARGV[1] name
-- ARGV[2] `delivered`, `failed`, `parked`, `resumed` or `rotated`
-- ARGV[3] code: why
-- ARGV[4] milliseconds of failures alone after which it is parked
-- Result  nil for no such webhook, 1 when this call parked it, else 0
local hooks, name, word = KEYS[1], ARGV[1], ARGV[2]
if redis.call('HEXISTS', hooks, name) == 0 then
  return false
end
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))

local function park()
  redis.call('HSET', hooks, name .. ':code', ARGV[3])
  return redis.call('HSETNX', hooks, name .. ':parked', now)
end

if word == 'parked' then
  return park()
elseif word == 'failed' then
  redis.call('HSET', hooks, name .. ':code', ARGV[3])
  redis.call('HINCRBY', hooks, name .. ':failures', 1)
  redis.call('HSETNX', hooks, name .. ':since', now)
  if now - redis.call('HGET', hooks, name .. ':since') >= tonumber(ARGV[4]) then
    return park()
  end
elseif word == 'rotated' then
  local version = tonumber(redis.call('HGET', hooks, name .. ':version'))
  local newer = string.format('%.0f', math.max(version + 1, tonumber(time[1])))
  redis.call('HSET', hooks, name .. ':version', newer, name .. ':before', version, name .. ':rotated', now)
else
  redis.call('HDEL', hooks, name .. ':since', name .. ':failures', name .. ':code')
  if word == 'resumed' then
    redis.call('HDEL', hooks, name .. ':parked')
  end
end
return 0
