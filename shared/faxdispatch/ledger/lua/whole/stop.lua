-- A recovery begins: nothing is sent until it is complete. `found` is the last time that the ledger knows; it is
-- recorded for a copy.
-- Keys: fax:events, fax:job:*, fax:ledger, fax:other:*
if is_behind() then return reply({outcome = 'same'}) end
local copied = redis.call('HGET', 'fax:ledger', 'copied')
local copy = copied and copied_at(copied)
if copy then redis.call('HDEL', 'fax:ledger', 'copied') end
local epoch = tonumber(redis.call('HGET', 'fax:ledger', 'epoch') or '1')
mark_behind({ledger = a.ledger, epoch = epoch, seen = now}, epoch, copy or a.found)
return reply({outcome = 'stopped'})
