#!lua flags=allow-oom
-- Renews leases of one shard.
--
-- KEYS[1]   open hash of the shard
-- ARGV[9]   lease in milliseconds
-- ARGV[10..] claims as the lease names them: UUID and fence in eight digits
-- Result    1 for each claim that was renewed, 0 for each that is lost
local ends = string.format('%.0f', now_ms() + tonumber(ARGV[FIRST]))
local claims, answer, leases = { unpack(ARGV, FIRST + 1) }, {}, {}
for index, held in ipairs(#claims > 0 and call('ZMSCORE', base .. 'lease', unpack(claims)) or {}) do
  answer[index] = held and 1 or 0
  if held then
    leases[#leases + 1] = ends
    leases[#leases + 1] = claims[index]
  end
end
if #leases > 0 then
  call('ZADD', base .. 'lease', unpack(leases))
end
return answer
