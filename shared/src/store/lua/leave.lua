#!lua flags=allow-oom
-- Forgets a worker in one shard where it holds nothing; deleting a consumer that holds entries would
-- throw them away.
--
-- KEYS    lane streams
-- ARGV[1] consumer group
-- ARGV[2] worker
-- Result  in how many streams it holds nothing any more
local forgotten = 0
for _, stream in ipairs(KEYS) do
  local held = redis.pcall('XPENDING', stream, ARGV[1], '-', '+', 1, ARGV[2])
  if not held.err and #held == 0 then
    redis.call('XGROUP', 'DELCONSUMER', stream, ARGV[1], ARGV[2])
    forgotten = forgotten + 1
  end
end
return forgotten
