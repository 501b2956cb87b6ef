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

local answer = {}
for lane = 1, 4 do
  answer[lane] = {}
  if not paused['l:' .. lane] then
    local ring = redis.call('ZRANGE', base .. 'ring:' .. lane, 0, ARGV[FIRST] - 1, 'WITHSCORES')
    if #fields == 0 then
      answer[lane] = ring
    else
      for index = 1, #ring, 2 do
        local session = string.gsub(ring[index], '!$', '')
        if not paused['t:' .. tenant_of(session)] and not paused['s:' .. session] then
          table.insert(answer[lane], ring[index])
          table.insert(answer[lane], ring[index + 1])
        end
      end
    end
  end
end
return answer
