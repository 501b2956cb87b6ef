#!lua flags=no-writes
-- Tells what changed in a session's gallery since a version, a part at a time.
--
-- KEYS[1]  open hash of the shard
-- ARGV[9]  the session as `tenant:session`
-- ARGV[10] epoch that is known, '' for none, 'any' for who only looks
-- ARGV[11] number up to which entries are known
-- ARGV[12] version up to which departures are known
-- ARGV[13] most numbers to look at
-- Result   {} for no such session, or one that is being erased | {epoch, 1 to forget all that is known, version
--          of the gallery, number up to which entries are told, {numbers that left}, {number, entry...}, model}
local member = ARGV[FIRST]
if not has_gallery(member) then
  return {}
end
local gallery = gallery_of(member)
local facts = call('HMGET', gallery.facts, 'version', 'floor', 'model')
local version, floor = tonumber(facts[1] or 0), tonumber(facts[2] or 0)
local epoch, told, left = epoch_of(gallery), tonumber(ARGV[11]), tonumber(ARGV[12])
local forget = 0
if ARGV[10] == 'any' then
  left = version
elseif epoch ~= ARGV[10] or left < floor or told > version or left > version then
  told, left, forget = 0, version, 1
end
local gone = call('ZRANGEBYSCORE', gallery.gone, '(' .. string.format('%.0f', left), '+inf')
local upto = math.min(version, told + tonumber(ARGV[13]))
local numbers = {}
for number = told + 1, upto do
  numbers[#numbers + 1] = string.format('%.0f', number)
end
local found = {}
if #numbers > 0 then
  for index, entry in ipairs(call('HMGET', gallery.faces, unpack(numbers))) do
    if entry then
      found[#found + 1] = numbers[index]
      found[#found + 1] = entry
    end
  end
end
return { epoch, forget, version, upto, gone, found, facts[3] or '' }
