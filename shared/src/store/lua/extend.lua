#!lua flags=allow-oom
-- Renews leases of one shard.
--
-- KEYS[1]   open hash of the shard
-- ARGV[9]   lease in milliseconds
-- ARGV[10..] two for each claim: uuid, fence
-- Result    1 for each claim that was renewed, 0 for each that is lost
local ends = now_ms() + tonumber(ARGV[FIRST])
local answer, leases = {}, {}
for at = FIRST + 1, #ARGV, 2 do
  local held = is_held(read_record(ARGV[at]), ARGV[at + 1])
  answer[#answer + 1] = held and 1 or 0
  if held then
    leases[#leases + 1] = ends
    leases[#leases + 1] = ARGV[at]
  end
end
if #leases > 0 then
  redis.call('ZADD', base .. 'lease', unpack(leases))
end
return answer
