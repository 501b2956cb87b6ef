#!lua flags=no-writes
-- Lists tries to find somebody in a session, newest first.
--
-- KEYS[1]  open hash of the shard
-- ARGV[9]  the session as `tenant:session`
-- ARGV[10] rank from which to go on, 0 for the newest
-- ARGV[11] most tries to look at
-- ARGV[12] milliseconds that a try is remembered
-- Result   {} for no such session, or one that is being erased | {1 when there is more, {uuid, millisecond, what was
--          noted...}}
local member, from, most = ARGV[FIRST], tonumber(ARGV[10]), tonumber(ARGV[11])
if not has_gallery(member) then
  return {}
end
local times = call('ZRANGE', base .. 'searched:' .. member, from, from + most - 1, 'REV', 'WITHSCORES')
local found, oldest = {}, now_ms() - tonumber(ARGV[12])
for at = 1, #times, 2 do
  local noted = tonumber(times[at + 1]) >= oldest and call('HGET', base .. 'searches:' .. member, times[at])
  if noted then
    found[#found + 1] = times[at]
    found[#found + 1] = times[at + 1]
    found[#found + 1] = noted
  end
end
return { #times >= 2 * most and 1 or 0, found }
