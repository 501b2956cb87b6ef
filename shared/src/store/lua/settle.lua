-- Shared by the scripts that settle a job, behind record.lua: the one way to `done` and `dead`.
local function parse_whose(whose)
  local tenant, session, generation, subject = string.match(whose or '', '^([^:]*):([^:]*):(%d+):(.*)$')
  return tenant, session, tonumber(generation), subject
end

local function is_superseded(base, whose)
  local tenant, session, generation, subject = parse_whose(whose)
  if not tenant or subject == '' then
    return false
  end
  local newest = redis.call('HGET', base .. 'generations:' .. tenant .. ':' .. session, subject)
  return newest and tonumber(newest) > generation
end

-- settlement: state, error, result (either may be nil). limits: keep_ms, most_events.
local function settle(base, job, uuid, record, settlement, limits)
  local update = { 'HSET', job, 'state', settlement.state }
  local event = { 'job', uuid, 'state', settlement.state }
  for _, name in ipairs({ 'error', 'result' }) do
    if settlement[name] then
      update[#update + 1] = name
      update[#update + 1] = settlement[name]
      event[#event + 1] = name
      event[#event + 1] = settlement[name]
    end
  end
  redis.call(unpack(update))
  redis.call('HDEL', job, 'entry', 'claimed_at_ms')
  redis.call('PEXPIRE', job, limits.keep_ms)

  local tenant, session, _, subject = parse_whose(record.whose)
  if not tenant then
    return
  end
  event[#event + 1] = 'session'
  event[#event + 1] = session
  if subject ~= '' then
    event[#event + 1] = 'subject'
    event[#event + 1] = subject
  end
  redis.call('XADD', base .. 'results:' .. tenant, 'MAXLEN', '~', limits.most_events, '*', unpack(event))
  redis.call('SADD', base .. 'tenants', tenant)
  local session_key = base .. 'session:' .. tenant .. ':' .. session
  if redis.call('EXISTS', session_key) == 1 then
    redis.call('HINCRBY', session_key, settlement.state, 1)
  end
end
