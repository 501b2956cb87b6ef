#!lua flags=allow-oom
-- Settles a job as cancelled wherever it stands. Its entry in a stream is passed over when its turn comes; a
-- worker that has it loses its fence and is told by the bell.
--
-- KEYS[1]  open hash of the shard
-- ARGV[9]  uuid
-- ARGV[10] tenant
-- ARGV[11] code: why
-- ARGV[12] what to tell the workers
-- Result   nil for no such job of the tenant, else its state now
local uuid = ARGV[9]
local record = read_record(uuid)
if not record or tenant_of(record[MEMBER]) ~= ARGV[10] then
  return false
elseif is_settled(record[STATE]) then
  return record[STATE]
end
if record[STATE] == RUNNING then
  end_lease(uuid, record)
  record[FENCE] = record[FENCE] + 1
  redis.call('PUBLISH', ARGV[2], ARGV[12])
elseif record[STATE] == WAITING then
  mark_odd(record[LANE], record[MEMBER])
elseif record[STATE] == LATER then
  redis.call('ZREM', base .. 'later:' .. record[LANE], uuid)
end
settle(uuid, record, CANCELLED, ARGV[11])
write_counts()
write_settled()
return record[STATE]
