-- Shared by the scripts that change a session's gallery of faces, behind house.lua.
--
-- An entry has a number, which is the version of the gallery that brought it, so the numbers behind a version are
-- what is new since. What left is remembered by number with the version at which it left; those before `floor`
-- are forgotten, and who is older than that reads the whole gallery again.
--
-- An entry begins with 8 bytes that stand for its photo, 4 of generation (highest first) and one with the length
-- of the subject behind it; the rest is for workers only.
local GONE_MAX = 1000

local function gallery_of(member)
  return { faces = base .. 'faces:' .. member, lists = base .. 'facelists:' .. member,
    gone = base .. 'facesgone:' .. member, facts = base .. 'gallery:' .. member }
end

local function subject_of(entry)
  return sub(entry, 14, 13 + string.byte(entry, 13))
end

local function generation_of(entry)
  local a, b, c, d = string.byte(entry, 9, 12)
  return ((a * 256 + b) * 256 + c) * 256 + d
end

-- Lists of numbers, parted by commas, by photo (`p`) and by subject (`s`).
local function numbers_in(gallery, list)
  local numbers = {}
  for number in string.gmatch(call('HGET', gallery.lists, list) or '', '%d+') do
    numbers[#numbers + 1] = number
  end
  return numbers
end

local function write_list(gallery, list, numbers)
  if #numbers > 0 then
    call('HSET', gallery.lists, list, table.concat(numbers, ','))
  else
    call('HDEL', gallery.lists, list)
  end
end

local function enlist(gallery, list, number)
  local numbers = numbers_in(gallery, list)
  numbers[#numbers + 1] = number
  write_list(gallery, list, numbers)
end

local function unlist(gallery, list, number)
  local kept = {}
  for _, found in ipairs(numbers_in(gallery, list)) do
    if found ~= number then
      kept[#kept + 1] = found
    end
  end
  write_list(gallery, list, kept)
end

-- Takes a face out; nobody finds it from now on.
local function drop_face(gallery, number)
  local entry = call('HGET', gallery.faces, number)
  if not entry then
    return 0
  end
  call('HDEL', gallery.faces, number)
  unlist(gallery, 'p' .. sub(entry, 1, 8), number)
  if subject_of(entry) ~= '' then
    unlist(gallery, 's' .. subject_of(entry), number)
  end
  call('ZADD', gallery.gone, call('HINCRBY', gallery.facts, 'version', 1), number)
  local over = call('ZCARD', gallery.gone) - GONE_MAX
  if over > 0 then
    local last = call('ZRANGE', gallery.gone, over - 1, over - 1, 'WITHSCORES')
    call('HSET', gallery.facts, 'floor', last[2])
    call('ZREMRANGEBYRANK', gallery.gone, 0, over - 1)
  end
  return 1
end

-- Takes out the faces of a subject's photos before generation `newest`.
local function outdate_faces(member, subject, newest)
  local gallery = gallery_of(member)
  for _, number in ipairs(numbers_in(gallery, 's' .. subject)) do
    local entry = call('HGET', gallery.faces, number)
    if entry and generation_of(entry) < newest then
      drop_face(gallery, number)
    end
  end
end

-- Takes out everything, also what tells of doubles and searches.
local function drop_gallery(member)
  local gallery = gallery_of(member)
  call('UNLINK', gallery.faces, gallery.lists, gallery.gone, gallery.facts, base .. 'doubles:' .. member,
    base .. 'searches:' .. member, base .. 'searched:' .. member)
end

-- Whether the session's faces may be found and grow: nobody is erasing it.
local function has_gallery(member)
  local field = call('HMGET', base .. 'session:' .. member, 'state', 'erasing')
  return field[1] and not field[2]
end

-- Names the gallery itself: another one after a restart of Redis, a failover or an erasure, where versions may
-- have been lost or begun anew.
local function epoch_of(gallery)
  local run = string.match(call('INFO', 'server'), 'run_id:(%x+)')
  return run .. ':' .. (call('HGET', gallery.facts, 'born') or '')
end
