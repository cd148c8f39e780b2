-- A person or the recovery accepts the ledger in its present state: another epoch begins.
-- Keys: fax:events, fax:job:*, fax:ledger, fax:other:*
if not is_behind() then return reply({outcome = 'no'}) end
redis.call('HDEL', 'fax:ledger', 'behind')
local epoch = redis.call('HINCRBY', 'fax:ledger', 'epoch', 1)
emit_about('ledger', 'ledger.recovered', {
  source = a.source, data = json({epoch = epoch, reason = a.reason, operator = a.operator}),
})
return reply({outcome = 'recovered', epoch = epoch})
