-- A recovery begins: nothing is sent before it is complete. `found` is the last moment that the ledger knows of.
if is_behind() then return reply({outcome = 'same'}) end
local epoch = tonumber(redis.call('HGET', 'fax:ledger', 'epoch') or '1')
mark_behind({ledger = a.ledger, epoch = epoch, seen = now}, epoch, a.found)
return reply({outcome = 'stopped'})
