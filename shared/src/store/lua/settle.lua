-- Shared by the scripts that settle a job, behind house.lua: the one way to `done`, `dead` and `cancelled`.

-- Most sessions have no photo that was replaced: one look says so for all their jobs.
local replaced = {}
local function has_generations(member)
  if replaced[member] == nil then
    replaced[member] = redis.call('EXISTS', base .. 'generations:' .. member) == 1
  end
  return replaced[member]
end

local function is_superseded(record)
  if record[SUBJECT] == '' or not has_generations(record[MEMBER]) then
    return false
  end
  local newest = redis.call('HGET', base .. 'generations:' .. record[MEMBER], record[SUBJECT])
  return newest and tonumber(newest) > record[GENERATION]
end

-- Tenants whose streams told of something.
local told = {}

-- An entry of the tenant's results stream, see event.lua; it counts the events that were told so far.
local function tell(kind, what, events, member)
  local tenant = tenant_of(member)
  local so_far = call('HINCRBY', base .. 'told', tenant, events)
  call('XADD', base .. 'out:' .. tenant, '*', kind, what, 'n', so_far, 's', member)
  told[tenant] = true
end

local WORDS = { [DONE] = 'done', [DEAD] = 'dead', [CANCELLED] = 'cancelled' }

-- A sealed batch whose last job was settled is told of once.
local function tell_batch(member, name)
  local batch = base .. 'batch:' .. member .. ':' .. name
  local field = redis.call('HMGET', batch, 'sealed', 'total', 'done', 'dead', 'cancelled')
  local settled = tonumber(field[3] or 0) + tonumber(field[4] or 0) + tonumber(field[5] or 0)
  if field[1] and settled >= tonumber(field[2] or 0) and redis.call('HSETNX', batch, 'told', '1') == 1 then
    redis.call('PEXPIRE', batch, ARGV[5])
    tell('b', name, 1, member)
  end
end

-- Records of settled jobs, written in one call.
local records = {}

-- A settled job lives as long as its event, which remembers it; a dead one, event `x`, has a life of its own.
local function store_settled(uuid, member, state, raw)
  if state == DEAD then
    redis.call('SET', base .. uuid, raw, 'PX', ARGV[6])
  else
    records[#records + 1] = base .. uuid
    records[#records + 1] = raw
  end
  tell(state == DEAD and 'x' or 'j', uuid, 1, member)
  count_session(member, WORDS[state], 1)
end

local function count_in_batch(member, batch, state, by)
  local key = base .. 'batch:' .. member .. ':' .. batch
  if redis.call('EXISTS', key) == 1 then
    redis.call('HINCRBY', key, WORDS[state], by)
    tell_batch(member, batch)
  end
end

-- Settles a job that is not settled yet and not in any set. `code` is '' for an answer. A dead job keeps its
-- envelope, from which it can be replayed.
local function settle(uuid, record, state, code, result)
  local member, batch = record[MEMBER], record[BATCH]
  count_open(record, -1)
  record[STATE], record[ERROR], record[AT] = state, code, now_ms()
  record[DEADLINE], record[DEATHS], record[BODY] = 0, 0, result or state == DEAD and record[BODY] or ''
  store_settled(uuid, member, state, fold(record))
  if state == DEAD then
    local dead = base .. 'dead:' .. tenant_of(member)
    redis.call('ZADD', dead, record[AT], uuid)
    redis.call('ZREMRANGEBYRANK', dead, 0, -1 - tonumber(ARGV[8]))
  end
  if batch ~= '' then
    count_in_batch(member, batch, state, 1)
  end
end

-- To be called once, after the last `settle` or `tell_batch`: only then the settled jobs are written.
local function write_settled()
  if #records > 0 then
    redis.call('MSET', unpack(records))
  end
  for tenant in pairs(told) do
    forget_old(tenant)
    redis.call('SADD', base .. 'tenants', tenant)
  end
  if next(told) then
    redis.call('PUBLISH', ARGV[3], ARGV[4])
  end
end
