-- Shared by the scripts that end settled jobs, behind house.lua.

-- Most events that one call ends: as many as one settles at most, so that none are left over for ever.
local FORGET_MAX = 500

-- Ends events of a tenant past their age or number, and the jobs with them. Answers how many.
local function forget_old(tenant)
  local out = base .. 'out:' .. tenant
  local oldest = string.format('%.0f', now_ms() - tonumber(ARGV[5]))
  local old = redis.call('XRANGE', out, '-', '(' .. oldest, 'COUNT', FORGET_MAX)
  local over = redis.call('XLEN', out) - tonumber(ARGV[7])
  if over > #old then
    old = redis.call('XRANGE', out, '-', '+', 'COUNT', string.format('%.0f', math.min(over, FORGET_MAX)))
  end
  if #old == 0 then
    return 0
  end
  local gone = {}
  for _, entry in ipairs(old) do
    if entry[2][1] == 'j' then
      gone[#gone + 1] = base .. entry[2][2]
    end
  end
  if #gone > 0 then
    redis.call('UNLINK', unpack(gone))
  end
  local ms, sequence = string.match(old[#old][1], '^(%d+)-(%d+)$')
  redis.call('XTRIM', out, 'MINID', '=', ms .. '-' .. string.format('%.0f', tonumber(sequence) + 1))
  return #old
end
