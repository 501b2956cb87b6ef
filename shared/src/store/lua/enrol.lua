#!lua
-- Puts a face into the session's gallery, for the living fence only.
--
-- KEYS[1]  open hash of the shard
-- ARGV[9]  uuid of the job
-- ARGV[10] its fence
-- ARGV[11] the session as `tenant:session`
-- ARGV[12] the entry as gallery.lua lays it out
-- ARGV[13] when the job was accepted, in milliseconds since 1970
-- ARGV[14] most faces of a session
-- ARGV[15] model that made the face
-- Result   {word, number of the entry, faces in the gallery}; the word is 'enrolled', also for what stands there
--          already, 'late', 'superseded', 'removed', 'full' or 'gone'
local record, member, entry = read_record(ARGV[FIRST]), ARGV[11], ARGV[12]
if not is_held(record, ARGV[FIRST + 1]) or record[MEMBER] ~= member then
  return { 'late', 0, 0 }
elseif not has_gallery(member) then
  return { 'gone', 0, 0 }
end
local gallery, photo, subject = gallery_of(member), 'p' .. sub(entry, 1, 8), subject_of(entry)
local newest = subject ~= '' and call('HGET', base .. 'generations:' .. member, subject)
if newest and tonumber(newest) > generation_of(entry) then
  return { 'superseded', 0, 0 }
end
local removed = call('HGET', gallery.lists, 'x' .. sub(entry, 1, 8))
if removed and tonumber(removed) >= tonumber(ARGV[13]) then
  return { 'removed', 0, 0 }
end

-- The same photo of the same subject is replaced; one that nobody owned is taken over; one that somebody owns
-- stays his when it comes again without a subject.
for _, number in ipairs(numbers_in(gallery, photo)) do
  local held = call('HGET', gallery.faces, number)
  local owner = held and subject_of(held)
  if held == entry or owner and owner ~= '' and subject == '' then
    return { 'enrolled', number, call('HLEN', gallery.faces) }
  elseif owner == subject or owner == '' then
    drop_face(gallery, number)
  end
end
if subject ~= '' then
  outdate_faces(member, subject, generation_of(entry))
end
local faces = call('HLEN', gallery.faces)
if faces >= tonumber(ARGV[14]) then
  return { 'full', 0, faces }
end
call('HSETNX', gallery.facts, 'born', string.format('%.0f', now_us()))
call('HSET', gallery.facts, 'model', ARGV[15])
local number = string.format('%.0f', call('HINCRBY', gallery.facts, 'version', 1))
call('HSET', gallery.faces, number, entry)
enlist(gallery, photo, number)
if subject ~= '' then
  enlist(gallery, 's' .. subject, number)
end
return { 'enrolled', number, faces + 1 }
