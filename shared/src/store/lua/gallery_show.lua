#!lua flags=no-writes
-- Shows how a session's gallery stands.
--
-- KEYS[1] open hash of the shard
-- ARGV[9] the session as `tenant:session`
-- Result  {} for no such session, or one that is being erased | {faces, version, model, doubles that were noted,
--         searches that are remembered}
local member = ARGV[FIRST]
if not has_gallery(member) then
  return {}
end
local gallery = gallery_of(member)
local facts = call('HMGET', gallery.facts, 'version', 'model')
return { call('HLEN', gallery.faces), tonumber(facts[1] or 0), facts[2] or '', call('HLEN', base .. 'doubles:' .. member),
  call('ZCARD', base .. 'searched:' .. member) }
