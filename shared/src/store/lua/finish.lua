#!lua flags=allow-oom
-- Settles jobs of one shard as done, for the living fence only. A job whose subject has a newer photo by now
-- is settled as cancelled with `superseded`, and its result is not kept.
--
-- KEYS[1]  open hash of the shard
-- ARGV[9..] three for each job: uuid, fence in eight digits, result; no job twice
-- Result   for each job 1 when this claim settled it, now or in an earlier call, else 0; empty when all are 1
local now = digits(now_ms(), 13)
local ended, plain, last = {}, {}, ''

-- The session of a folded record: mostly that of the job before.
local function member_of(raw)
  if last == '' or sub(raw, NAMES_AT, NAMES_AT + #last) ~= last .. '\n' then
    last = string.match(raw, '^[^\n]*', NAMES_AT)
  end
  return last
end

-- Without an error before and a newer photo nothing but state, time and body change.
local function is_plain(raw, member)
  return sub(raw, 53, 53) ~= '2' and not has_generations(member)
end

-- What many jobs of one session change together.
local function count_plain(member, raw, uuid)
  local of_member, lane = plain[member], sub(raw, 16, 16)
  if not of_member then
    of_member = { lanes = {}, batches = {}, uuids = {} }
    plain[member] = of_member
  end
  of_member.lanes[lane] = (of_member.lanes[lane] or 0) + 1
  of_member.uuids[#of_member.uuids + 1] = uuid
  if sub(raw, 53, 53) == '1' then
    local batch = string.match(raw, '^[^\n]*\n[^\n]*\n([^\n]*)', NAMES_AT)
    of_member.batches[batch] = (of_member.batches[batch] or 0) + 1
  end
end

local function done(key, uuid, raw, result)
  local member = member_of(raw)
  if is_plain(raw, member) then
    local names_end = NAMES_AT - 1 + tonumber(sub(raw, 54, 57))
    local at = #records
    records[at + 1] = key
    records[at + 2] = DONE .. claimed(raw) .. sub(raw, 14, 16) .. now .. sub(raw, 30, names_end) .. result
    count_plain(member, raw, uuid)
    return
  end
  local record = unfold_running(raw)
  count_running(record, -1)
  if is_superseded(record) then
    settle(uuid, record, CANCELLED, 'superseded')
  else
    settle(uuid, record, DONE, '', result)
  end
end

local uuids, answer, count, settled = {}, {}, 0, 0
for at = FIRST, #ARGV, 3 do
  count = count + 1
  uuids[count] = ARGV[at]
end
local raws, held_until, keys = read_raw(uuids)
for index = 1, count do
  local at, uuid, raw = FIRST + 3 * (index - 1), uuids[index], raws[index]
  if is_held_raw(raw, held_until[index], ARGV[at + 1]) then
    ended[#ended + 1] = uuid
    done(keys[index], uuid, raw, ARGV[at + 2])
    answer[index] = 1
  else
    -- Settled by an earlier call of the same claim.
    answer[index] = raw and sub(raw, 2, 9) == ARGV[at + 1] and is_settled(sub(raw, 1, 1)) and 1 or 0
  end
  settled = settled + answer[index]
end
for member, jobs in pairs(plain) do
  for lane, count_of in pairs(jobs.lanes) do
    count_running_in(tonumber(lane), -count_of)
    count_open_in(tonumber(lane), member, -count_of)
  end
  count_session(member, 'done', #jobs.uuids)
  tell('j', table.concat(jobs.uuids), #jobs.uuids, member)
  for batch, count_of in pairs(jobs.batches) do
    count_in_batch(member, batch, DONE, count_of)
  end
end
if #ended > 0 then
  redis.call('ZREM', base .. 'lease', unpack(ended))
end
write_counts()
write_settled()
return settled < count and answer or {}
