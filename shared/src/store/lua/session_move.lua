#!lua
-- Moves a session to another state.
--
-- KEYS[1]   session hash
-- ARGV[1]   state to go to
-- ARGV[2..] states from which that is lawful
-- Result    {} for no such session | {0, state} for an unlawful move | {1, state, spec, created_at_ms}
local field = redis.call('HMGET', KEYS[1], 'state', 'spec', 'created_at_ms')
if not field[1] then
  return {}
end
for index = 2, #ARGV do
  if ARGV[index] == field[1] then
    redis.call('HSET', KEYS[1], 'state', ARGV[1])
    return { 1, ARGV[1], field[2], field[3] }
  end
end
return { 0, field[1] }
