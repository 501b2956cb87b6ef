#!lua flags=no-writes
-- Shows a job's record.
--
-- KEYS[1] open hash of the shard
-- ARGV[9] uuid
-- Result  nil, or the record as house.lua lays it out
return read_record(ARGV[FIRST])
