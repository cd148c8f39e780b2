-- End the pause of a connection before its time.
-- Keys: fax:events, fax:job:*, fax:other:*, fax:paused:*
local key = 'fax:paused:' .. a.connection
if redis.call('DEL', key) == 0 then return reply({outcome = 'running'}) end
emit_about(a.connection, 'connection.resumed', {
  source = a.source, data = json({connection_id = a.connection, reason = a.reason, operator = a.operator}),
})
return reply({outcome = 'resumed'})
