#!lua flags=allow-oom
-- Takes a photo out of a session's gallery, whoever's it is; jobs accepted until now bring it back no more.
--
-- KEYS[1]  open hash of the shard
-- ARGV[9]  the session as `tenant:session`
-- ARGV[10] 8 bytes that stand for the photo
-- ARGV[11] now, by the clock that accepts jobs, in milliseconds since 1970
-- Result   nil for no such session, else how many faces left
local member, photo = ARGV[FIRST], ARGV[10]
if call('EXISTS', base .. 'session:' .. member) == 0 then
  return false
end
local gallery, left = gallery_of(member), 0
for _, number in ipairs(numbers_in(gallery, 'p' .. photo)) do
  left = left + drop_face(gallery, number)
end
call('HSET', gallery.lists, 'x' .. photo, ARGV[11])
return left
