#!lua flags=allow-oom
-- Renews leases of one shard.
--
-- KEYS[1]   open hash of the shard
-- ARGV[9]   lease in milliseconds
-- ARGV[10..] two for each claim: uuid, fence in eight digits
-- Result    1 for each claim that was renewed, 0 for each that is lost
local ends = string.format('%.0f', now_ms() + tonumber(ARGV[FIRST]))
local uuids, answer, leases = {}, {}, {}
for at = FIRST + 1, #ARGV, 2 do
  uuids[#uuids + 1] = ARGV[at]
end
local raws, held_until = read_raw(uuids)
for index, raw in ipairs(raws) do
  local held = is_held_raw(raw, held_until[index], ARGV[FIRST + 2 * index])
  answer[index] = held and 1 or 0
  if held then
    leases[#leases + 1] = ends
    leases[#leases + 1] = uuids[index]
  end
end
if #leases > 0 then
  redis.call('ZADD', base .. 'lease', unpack(leases))
end
return answer
