#!lua flags=allow-oom
-- Makes a webhook known, or changes one, which then is not parked any more.
--
-- KEYS[1] hash of the tenant's webhooks
-- ARGV[1] name
-- ARGV[2] settings
-- ARGV[3] most webhooks
-- Result  2 when it is new, 1 when it was known, 0 when there are too many
local hooks, name = KEYS[1], ARGV[1]
if redis.call('HEXISTS', hooks, name) == 1 then
  redis.call('HSET', hooks, name, ARGV[2])
  redis.call('HDEL', hooks, name .. ':parked', name .. ':since', name .. ':failures', name .. ':code')
  return 1
end
local known = 0
for _, field in ipairs(redis.call('HKEYS', hooks)) do
  known = known + (string.find(field, ':', 1, true) and 0 or 1)
end
if known >= tonumber(ARGV[3]) then
  return 0
end
-- A secret is made of its version: one that begins with the time never comes back under the same name.
local version = redis.call('TIME')[1]
redis.call('HSET', hooks, name, ARGV[2], name .. ':version', version)
return 2
