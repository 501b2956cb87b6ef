#!lua flags=no-writes
-- Reads on in a tenant's list of dead jobs, oldest first.
--
-- KEYS[1]  open hash of the shard
-- ARGV[9]  tenant
-- ARGV[10] session as `tenant:session`, '' for all
-- ARGV[11] code of the error, '' for all
-- ARGV[12] millisecond to go on from
-- ARGV[13] uuid in that millisecond, in hex digits, after which to read; '' to read all of it
-- ARGV[14] most jobs to answer
-- ARGV[15] most jobs to look at
-- Result   {1 when there is more to look at, millisecond and uuid, in hex digits, of the last job looked at,
--          {job...}} with a job as {uuid, millisecond, record without its envelope}
local ms, last = ARGV[12], ARGV[13]
local most, looks = tonumber(ARGV[14]), tonumber(ARGV[15])
local found = {}

local function is_wanted(record)
  return record and record[STATE] == DEAD and (ARGV[10] == '' or record[MEMBER] == ARGV[10])
    and (ARGV[11] == '' or record[ERROR] == ARGV[11])
end

local function digits_of(uuid)
  return (string.gsub(uuid, '.', function(byte) return string.format('%02x', string.byte(byte)) end))
end

-- Members of one score are in the order of their bytes; digits compare the same in every locale.
local dead, skip = base .. 'dead:' .. ARGV[FIRST], 0
if last ~= '' then
  for _, uuid in ipairs(redis.call('ZRANGEBYSCORE', dead, ms, ms)) do
    skip = skip + (digits_of(uuid) <= last and 1 or 0)
  end
end
local listed = redis.call('ZRANGEBYSCORE', dead, ms, '+inf', 'WITHSCORES', 'LIMIT', skip, looks)
for index = 1, #listed, 2 do
  local record = read_record(listed[index])
  last, ms = digits_of(listed[index]), listed[index + 1]
  if is_wanted(record) then
    record[BODY] = ''
    found[#found + 1] = { listed[index], ms, record }
  end
  if #found >= most then
    return { index + 1 < #listed and 1 or 0, ms, last, found }
  end
end
return { #listed >= 2 * looks and 1 or 0, ms, last, found }
