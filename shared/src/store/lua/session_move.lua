#!lua
-- Moves a session to another state.
--
-- KEYS[1]   open hash of the shard
-- ARGV[9]   session as `tenant:session`
-- ARGV[10]  state to go to
-- ARGV[11..] states from which that is lawful
-- Result    {} for no such session | {0, state} for an unlawful move | {1, state}
local session = base .. 'session:' .. ARGV[9]
local state = redis.call('HGET', session, 'state')
if not state then
  return {}
end
for index = 11, #ARGV do
  if ARGV[index] == state then
    redis.call('HSET', session, 'state', ARGV[10])
    -- Whoever opens it wants it kept.
    if ARGV[10] == 'open' then
      redis.call('HDEL', session, 'erasing')
    end
    return { 1, ARGV[10] }
  end
end
return { 0, state }
