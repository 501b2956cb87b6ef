#!lua flags=allow-oom
-- Forgets settled jobs of a session and what tells of them, a few in each call.
--
-- KEYS[1]  open hash of the shard
-- ARGV[9]  the session as `tenant:session`
-- ARGV[10] 'out' to go through the results stream, 'dead' through the list of dead jobs
-- ARGV[11] where to go on: an entry of the stream, or a rank; '' for the beginning
-- ARGV[12] most jobs to look at
-- Result   {1 when there is more, where to go on}
local member, most = ARGV[9], tonumber(ARGV[12])
local tenant = tenant_of(member)
local out, dead = base .. 'out:' .. tenant, base .. 'dead:' .. tenant

local function forget(uuid)
  local record = read_record(uuid)
  if not record or record[MEMBER] ~= member or not is_settled(record[STATE]) then
    return false
  end
  redis.call('DEL', base .. uuid)
  redis.call('ZREM', dead, uuid)
  if record[BATCH] ~= '' then
    redis.call('DEL', base .. 'batch:' .. member .. ':' .. record[BATCH])
  end
  return true
end

if ARGV[10] == 'dead' then
  local rank = tonumber(ARGV[11]) or 0
  local uuids = redis.call('ZRANGE', dead, rank, rank + most - 1)
  for _, uuid in ipairs(uuids) do
    rank = rank + (forget(uuid) and 0 or 1)
  end
  return { #uuids >= most and 1 or 0, tostring(rank) }
end
-- An entry tells of one session.
local at, looked = ARGV[11], 0
while looked < most do
  local entry = redis.call('XRANGE', out, at == '' and '-' or '(' .. at, '+', 'COUNT', 1)[1]
  if not entry then
    return { 0, at }
  end
  at, looked = entry[1], looked + size_of(entry)
  if entry[2][6] == member then
    for first = 1, entry[2][1] == 'b' and 0 or #entry[2][2], 16 do
      forget(string.sub(entry[2][2], first, first + 15))
    end
    redis.call('XDEL', out, at)
  end
end
return { 1, at }
