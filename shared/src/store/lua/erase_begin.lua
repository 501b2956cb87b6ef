#!lua flags=allow-oom
-- Closes a session that is to be erased, whatever its state; its faces are gone at once.
--
-- KEYS[1]  open hash of the shard
-- ARGV[9]  the session as `tenant:session`
-- ARGV[10] '1' to close an open one
-- Result   nil for no such session, 0 for one that is open and stays so, else 1
local session = base .. 'session:' .. ARGV[9]
local state = redis.call('HGET', session, 'state')
if not state then
  return false
elseif state == 'open' and ARGV[10] ~= '1' then
  return 0
end
redis.call('HSET', session, 'state', 'closed', 'erasing', '1')
drop_gallery(ARGV[9])
return 1
