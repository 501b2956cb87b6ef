#!lua flags=no-writes
-- Names the sessions of a shard that hold waiting jobs, lane by lane, least recently served first. What is
-- paused is left out.
--
-- KEYS[1] open hash of the shard
-- ARGV[9] most names for each lane
-- Result  for each lane: name and time of last service in microseconds, in turn
local paused = {}
local fields = redis.call('HKEYS', base .. 'paused')
for _, field in ipairs(fields) do
  paused[field] = true
end

-- Pages of a ring that are read for one lane: paused sessions must not hide those behind them.
local PAGES = 10

local function is_paused(member)
  local session = string.gsub(member, '!$', '')
  return paused['t:' .. tenant_of(session)] or paused['s:' .. session]
end

local function members(lane)
  local most, found = tonumber(ARGV[FIRST]), {}
  for page = 0, PAGES - 1 do
    local ring = redis.call('ZRANGE', base .. 'ring:' .. lane, page * most, page * most + most - 1, 'WITHSCORES')
    for index = 1, #ring, 2 do
      if not is_paused(ring[index]) then
        found[#found + 1] = ring[index]
        found[#found + 1] = ring[index + 1]
      end
    end
    if #ring < 2 * most or #found >= 2 * most or #fields == 0 then
      break
    end
  end
  return found
end

local answer = {}
for lane = 1, 4 do
  answer[lane] = paused['l:' .. lane] and {} or members(lane)
end
return answer
