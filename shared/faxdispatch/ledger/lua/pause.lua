-- Stop sending on a connection until a moment, with an alarm event; told once for one pause.
local key = 'fax:paused:' .. a.connection
local known = hash(key)
local till = now + a.delay
redis.call('SADD', 'fax:connections', a.connection)
redis.call('HSET', key, 'reason', a.reason, 'until', till)
if not known then
  emit_about(a.connection, 'connection.paused', {
    source = a.source,
    data = json({connection_id = a.connection, reason = a.reason, ['until'] = till}),
  })
end
return reply({outcome = 'paused', ['until'] = till})
