-- A document could not be fetched or stored. It is tried again at growing intervals, until it has been refused too
-- often or tried for too long; then a person must decide.
-- Keys: fax:deletions, fax:documents:*, fax:documents:given_up, fax:documents:wanted, fax:events, fax:inbound:*,
--   fax:job:*, fax:other:*
local f = inbound(a.fax_id)
if not f then return reply({outcome = 'gone'}) end
if f.place ~= 'wanted' then return reply({outcome = 'no', place = f.place}) end
local problems = tonumber(f.problems or '0') + 1
local refused = tonumber(f.refused or '0') + (a.refused and 1 or 0)
local facts = {updated = now, problem = a.problem, problems = problems, refused = refused}
if refused >= a.most_refused or now - tonumber(f.tried or now) >= a.give_up then
  emit_inbound(a.fax_id, 'fax.store.failed', {
    reason = a.kind, detail = a.problem, tries = problems, from = f.from, to = f.to, connection_id = f.connection,
  })
  -- A document that was already stored and was only fetched again is still stored.
  facts.place = f.file and 'stored' or 'given_up'
  save_inbound(a.fax_id, facts)
  redis.call('ZREM', 'fax:documents:wanted', a.fax_id)
  redis.call('ZADD', 'fax:documents:' .. facts.place, f.stored or now, a.fax_id)
  if f.file then delete_later(a.fax_id) end
  redis.call('ZREMRANGEBYSCORE', 'fax:documents:given_up', '-inf', now - a.retention)
  return reply({outcome = 'given_up'})
end
save_inbound(a.fax_id, facts)
local pause = math.min(a.pause * 2 ^ (problems - 1), a.pause_cap)
if a.refused and refused == a.most_refused - 1 then pause = math.max(pause, a.last_pause) end
redis.call('ZADD', 'fax:documents:wanted', now + pause, a.fax_id)
return reply({outcome = 'again'})
