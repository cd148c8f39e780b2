-- A document could not be had this time. It is tried again, at growing pauses, until it was refused too often or was
-- tried for too long; then a person must speak.
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
  facts.place = 'given_up'
  save_inbound(a.fax_id, facts)
  redis.call('ZREM', 'fax:documents:wanted', a.fax_id)
  redis.call('ZADD', 'fax:documents:given_up', now, a.fax_id)
  redis.call('ZREMRANGEBYSCORE', 'fax:documents:given_up', '-inf', now - a.retention)
  return reply({outcome = 'given_up'})
end
save_inbound(a.fax_id, facts)
redis.call('ZADD', 'fax:documents:wanted', now + math.min(a.pause * 2 ^ (problems - 1), a.pause_cap), a.fax_id)
return reply({outcome = 'again'})
