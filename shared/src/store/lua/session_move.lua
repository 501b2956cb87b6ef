#!lua
-- Moves a session to another state.
--
-- KEYS[1]   open hash of the shard
-- ARGV[9]   session as `tenant:session`
-- ARGV[10]  state to go to
-- ARGV[11..] states from which that is lawful
-- Result    {} for no such session | {0, state} for an unlawful move | {1, state, spec, created_at_ms}
local session = base .. 'session:' .. ARGV[9]
local field = redis.call('HMGET', session, 'state', 'spec', 'created_at_ms')
if not field[1] then
  return {}
end
for index = 11, #ARGV do
  if ARGV[index] == field[1] then
    redis.call('HSET', session, 'state', ARGV[10])
    return { 1, ARGV[10], field[2], field[3] }
  end
end
return { 0, field[1] }
