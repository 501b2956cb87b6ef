#!lua flags=allow-oom
-- Settles jobs of one shard as done, for the living claims only. A job whose subject has a newer photo by now is
-- settled as cancelled with `superseded`, and its result is not kept.
--
-- KEYS[1]  open hash of the shard
-- ARGV[9]  how many groups: jobs of one session, lane and batch
-- ARGV[10..] four for each group: the session as `tenant:session`, lane number from 1, batch or '', UUIDs, 16 bytes
--          each; no job twice
-- then     the claims of all jobs in that order, each as the lease names it
-- then     two for each job in that order: its key, its record as house.lua lays it out, done
-- Result   for each job 1 when this claim settled it, now or in an earlier call, else 0; empty when all are 1
local lease, groups, jobs = base .. 'lease', tonumber(ARGV[FIRST]), 0
local GROUPS = FIRST + 1
for group = 1, groups do
  jobs = jobs + #ARGV[GROUPS + 4 * group - 1] / 16
end
local CLAIMS = GROUPS + 4 * groups
local PAIRS = CLAIMS + jobs

-- What the jobs of a session, lane and batch that are done change together.
local function count_done(member, lane, batch, uuids)
  local count = #uuids / 16
  if count == 0 then
    return
  end
  count_running_in(lane, -count)
  count_open_in(lane, member, -count)
  count_session(member, 'done', count)
  tell('j', uuids, count, member)
  if batch ~= '' then
    count_in_batch(member, batch, DONE, count)
  end
end

local function each_group(act)
  for at = GROUPS, CLAIMS - 1, 4 do
    act(ARGV[at], tonumber(ARGV[at + 1]), ARGV[at + 2], ARGV[at + 3])
  end
end

-- Everything at once, where every claim lives and no session has a photo that was replaced, as nearly always.
-- Answers else how many claims lived, which have no lease any more, or nothing where none was looked at.
local function finish_all()
  for at = GROUPS, CLAIMS - 1, 4 do
    if has_generations(ARGV[at]) then
      return false
    end
  end
  local living = call('ZREM', lease, unpack(ARGV, CLAIMS, PAIRS - 1))
  if living < jobs then
    return false, living
  end
  call('MSET', unpack(ARGV, PAIRS))
  each_group(count_done)
  return true
end

-- Whether the record is still the one that the claim found.
local function is_found_by(claim, raw)
  return raw and sub(raw, 1, 1) == WAITING and claim_on(sub(claim, 1, 16), raw) == claim
end

-- Which claims lived: those whose records wait under the fence before theirs. Where Redis lost writes, those may be
-- more than had a lease; nobody knows then which had, so all of them wait again.
local function find_living(living)
  local found, waiting = {}, {}
  for index = 1, jobs do
    local claim = ARGV[CLAIMS + index - 1]
    found[index] = is_found_by(claim, call('GET', ARGV[PAIRS + 2 * index - 2]))
    waiting[#waiting + 1] = found[index] and sub(claim, 1, 16) or nil
  end
  if living == 0 or living == #waiting then
    return living > 0 and found or {}
  end
  for index, uuid in ipairs(waiting) do
    local record = unfold_running(call('GET', base .. uuid))
    mark_odd(record[LANE], record[MEMBER])
    come_back(uuid, record)
    count_running_in(record[LANE], index <= living and -1 or 0)
  end
  return {}
end

local function supersede(uuid)
  local record = unfold_running(call('GET', base .. uuid))
  if not is_superseded(record) then
    return false
  end
  count_running_in(record[LANE], -1)
  settle(uuid, record, CANCELLED, 'superseded')
  return true
end

-- One by one, where something stands in the way of some.
local function finish_each(found)
  local answer, index = {}, 0
  each_group(function(member, lane, batch, uuids)
    local done = {}
    for first = 1, #uuids, 16 do
      index = index + 1
      local uuid, claim = sub(uuids, first, first + 15), ARGV[CLAIMS + index - 1]
      local lives = found and found[index] or not found and call('ZREM', lease, claim) == 1
      if lives and not supersede(uuid) then
        call('SET', ARGV[PAIRS + 2 * index - 2], ARGV[PAIRS + 2 * index - 1])
        done[#done + 1] = uuid
      end
      -- Settled by an earlier call of the same claim.
      local raw = not lives and call('GET', base .. uuid)
      local is_settled_by = raw and is_settled(sub(raw, 1, 1)) and sub(raw, 2, 9) == sub(claim, 17)
      answer[index] = (lives or is_settled_by) and 1 or 0
    end
    count_done(member, lane, batch, table.concat(done))
  end)
  return answer
end

local answer = {}
local all, living = finish_all()
if not all then
  answer = finish_each(living and find_living(living))
end
write_counts()
write_settled()
return answer
