-- Shared by the scripts that end settled jobs, behind house.lua.

-- Most events that one call ends, and some more of the last entry: as many as one settles at most, so that none
-- are left over for ever.
local FORGET_MAX = 500

-- The entries up to `entry` are gone with it: one trim instead of a deletion for each.
local function trim(stream, entry)
  local ms, sequence = string.match(entry, '^(%d+)-(%d+)$')
  call('XTRIM', stream, 'MINID', '=', ms .. '-' .. string.format('%.0f', tonumber(sequence) + 1))
end

-- Removes what an entry remembers: its jobs, but for a dead one, which has a life of its own.
local function forget_jobs(entry)
  local gone = {}
  for at = 1, entry[2][1] == 'j' and #entry[2][2] or 0, 16 do
    gone[#gone + 1] = base .. sub(entry[2][2], at, at + 15)
  end
  if #gone > 0 then
    call('UNLINK', unpack(gone))
  end
end

-- Ends events of a tenant past their age or number, and the jobs with them. Answers how many.
local function forget_old(tenant)
  local out, last, forgotten = base .. 'out:' .. tenant, nil, 0
  local oldest_ms = now_ms() - tonumber(ARGV[5])
  local oldest_n = tonumber(call('HGET', base .. 'told', tenant) or 0) - tonumber(ARGV[7])
  local function is_old(entry)
    return tonumber(string.match(entry[1], '^%d+')) < oldest_ms or tonumber(entry[2][4]) <= oldest_n
  end

  -- Nearly always the first is to be kept.
  local entries = call('XRANGE', out, '-', '+', 'COUNT', 1)
  while #entries > 0 and forgotten < FORGET_MAX do
    for _, entry in ipairs(entries) do
      if forgotten >= FORGET_MAX or not is_old(entry) then
        entries = {}
        break
      end
      forget_jobs(entry)
      forgotten, last = forgotten + size_of(entry), entry[1]
    end
    entries = #entries > 0 and call('XRANGE', out, '(' .. last, '+', 'COUNT', 50) or entries
  end
  if last then
    trim(out, last)
  end
  return forgotten
end
