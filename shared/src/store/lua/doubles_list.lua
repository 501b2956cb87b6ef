#!lua flags=allow-oom
-- Lists the pairs of a session's gallery that are too like; forgets those of which a face left.
--
-- KEYS[1] open hash of the shard
-- ARGV[9] the session as `tenant:session`
-- Result  {} for no such session, or one that is being erased | {{first entry, second entry, what there is to
--         say}...} in one list
local member = ARGV[FIRST]
if not has_gallery(member) then
  return {}
end
local doubles, gallery, found = base .. 'doubles:' .. member, gallery_of(member), {}
local pairs_of = call('HGETALL', doubles)
for at = 1, #pairs_of, 2 do
  local one, other = string.match(pairs_of[at], '^(%d+):(%d+)$')
  local entries = call('HMGET', gallery.faces, one, other)
  if entries[1] and entries[2] then
    found[#found + 1] = { entries[1], entries[2], pairs_of[at + 1] }
  else
    call('HDEL', doubles, pairs_of[at])
  end
end
return { found }
