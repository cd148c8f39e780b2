-- A dead letter is about to be sent again under the token `sent`; if it is invalid again, `invalid` keeps it again.
-- Keys: fax:deadletter:*, fax:job:*
local key = 'fax:deadletter:' .. a.id
if redis.call('EXISTS', key) == 0 then return reply({outcome = 'gone'}) end
redis.call('HSET', key, 'sent', a.sent)
return reply({outcome = 'leaving'})
