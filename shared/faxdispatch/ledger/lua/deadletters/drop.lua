-- Delete a dead letter. With the token `sent`, delete it only if it has not come back since it was sent again.
-- Keys: fax:deadletter:*, fax:deadletters, fax:job:*
local key = 'fax:deadletter:' .. a.id
if redis.call('EXISTS', key) == 0 then return reply({outcome = 'gone'}) end
if a.sent and redis.call('HGET', key, 'sent') ~= a.sent then return reply({outcome = 'back'}) end
redis.call('ZREM', 'fax:deadletters', a.id)
redis.call('DEL', key)
return reply({outcome = 'dropped'})
