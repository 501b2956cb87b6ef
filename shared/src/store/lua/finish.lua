#!lua flags=allow-oom
-- Settles jobs of one shard as done, for the living fence only. A job whose subject has a newer photo by now
-- is settled as cancelled with `superseded`, and its result is not kept.
--
-- KEYS[1]  open hash of the shard
-- ARGV[9..] three for each job: uuid, fence in eight digits, result
-- Result   for each job 1 when this claim settled it, now or in an earlier call; else 0
local now = digits(now_ms(), 13)
local ended = {}

-- Without a batch, an error before and a newer photo nothing but state, time and body change.
local function done(uuid, raw, result)
  local member = string.match(raw, '^[^\n]*', NAMES_AT)
  if string.sub(raw, 53, 53) ~= '0' or has_generations(member) then
    local record = unfold(raw)
    if is_superseded(record) then
      settle(uuid, record, CANCELLED, 'superseded')
    else
      settle(uuid, record, DONE, '', result)
    end
    return
  end
  local lane, names_end = string.sub(raw, 16, 16), NAMES_AT - 1 + tonumber(string.sub(raw, 54, 57))
  count_open_in(tonumber(lane), member, -1)
  local claims, names = string.sub(raw, 2, 13), string.sub(raw, 43, names_end)
  store_settled(uuid, member, DONE, DONE .. claims .. '00' .. lane .. now .. ZERO .. names .. result)
end

local function finish(uuid, raw, fence, result)
  if is_held_raw(raw, fence) then
    ended[#ended + 1] = uuid
    count_running_in(tonumber(string.sub(raw, 16, 16)), -1)
    done(uuid, raw, result)
    return 1
  end
  -- Settled by an earlier call of the same claim.
  return raw and string.sub(raw, 2, 9) == fence and is_settled(string.sub(raw, 1, 1)) and 1 or 0
end

local uuids, answer, seen = {}, {}, {}
for at = FIRST, #ARGV, 3 do
  uuids[#uuids + 1] = ARGV[at]
end
for index, raw in ipairs(read_raw(uuids)) do
  local at, uuid = FIRST + 3 * (index - 1), uuids[index]
  -- The same claim twice in one call is one claim.
  answer[index] = seen[uuid] or finish(uuid, raw, ARGV[at + 1], ARGV[at + 2])
  seen[uuid] = answer[index]
end
if #ended > 0 then
  redis.call('ZREM', base .. 'lease', unpack(ended))
end
write_counts()
write_settled()
return answer
