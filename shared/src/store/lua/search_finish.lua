#!lua flags=allow-oom
-- Settles a job that looked for somebody, for the living fence only, and notes the try. In the same step it sees to
-- it that every face of the answer still stands in the gallery.
--
-- KEYS[1]   open hash of the shard
-- ARGV[9]   uuid
-- ARGV[10]  fence
-- ARGV[11]  result
-- ARGV[12]  what is noted of the try, '' for nothing
-- ARGV[13]  most tries that a session remembers
-- ARGV[14]  milliseconds to remember a try
-- ARGV[15..] two for each face of the answer: its number, the 8 bytes that stand for its photo
-- Result    1 when this claim settled the job, now or in an earlier call; 0 when it is not the living one; 2 when a
--           face of the answer is gone: nothing is settled
local uuid, fence = ARGV[FIRST], ARGV[FIRST + 1]
local record = read_record(uuid)
if record and is_settled(record[STATE]) and record[FENCE] == tonumber(fence) then
  return 1
elseif not is_held(record, fence) then
  return 0
end
local member = record[MEMBER]
local gallery = gallery_of(member)
for at = 15, #ARGV, 2 do
  local entry = has_gallery(member) and call('HGET', gallery.faces, ARGV[at])
  if not entry or sub(entry, 1, 8) ~= ARGV[at + 1] then
    return 2
  end
end
end_lease(uuid, record)
if is_superseded(record) then
  settle(uuid, record, CANCELLED, 'superseded')
else
  settle(uuid, record, DONE, '', ARGV[11])
  if ARGV[12] ~= '' and has_gallery(member) then
    local tries, times = base .. 'searches:' .. member, base .. 'searched:' .. member
    call('HSET', tries, uuid, ARGV[12])
    call('ZADD', times, now_ms(), uuid)
    call('PEXPIRE', tries, ARGV[14])
    call('PEXPIRE', times, ARGV[14])
    local old = call('ZRANGEBYSCORE', times, '-inf', now_ms() - tonumber(ARGV[14]), 'LIMIT', 0, 100)
    local over = call('ZCARD', times) - tonumber(ARGV[13])
    if over > #old then
      old = call('ZRANGE', times, 0, math.min(over, 100) - 1)
    end
    if #old > 0 then
      call('HDEL', tries, unpack(old))
      call('ZREM', times, unpack(old))
    end
  end
end
write_counts()
write_settled()
return 1
