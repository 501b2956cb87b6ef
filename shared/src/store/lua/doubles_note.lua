#!lua
-- Notes faces of a session's gallery that are too like one that was just enrolled.
--
-- KEYS[1]   open hash of the shard
-- ARGV[9]   the session as `tenant:session`
-- ARGV[10]  number of the face
-- ARGV[11]  most pairs to note for a session
-- ARGV[12..] two for each other face: its number, what there is to say
-- Result    how many pairs are noted now
local member, number = ARGV[FIRST], ARGV[10]
local doubles, gallery = base .. 'doubles:' .. member, gallery_of(member)
if not has_gallery(member) or call('HEXISTS', gallery.faces, number) == 0 then
  return 0
end
for at = 12, #ARGV, 2 do
  local other = ARGV[at]
  local pair = tonumber(number) < tonumber(other) and number .. ':' .. other or other .. ':' .. number
  if call('HLEN', doubles) < tonumber(ARGV[11]) and call('HEXISTS', gallery.faces, other) == 1 then
    call('HSET', doubles, pair, ARGV[at + 1])
  end
end
return call('HLEN', doubles)
