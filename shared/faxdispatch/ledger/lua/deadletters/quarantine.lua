-- Keep a signed body that cannot be read, once.
-- Keys: fax:job:*, fax:quarantine, fax:seen:*
local seen = 'fax:seen:' .. a.digest
if redis.call('EXISTS', seen) == 1 then return reply({outcome = 'duplicate'}) end
redis.call('XADD', 'fax:quarantine', 'MAXLEN', '~', 10000, '*', 'reason', a.reason, 'body', a.body,
  'received_at', string.format('%d', now))
redis.call('SET', seen, a.digest, 'PX', a.seen)
return reply({outcome = 'quarantined'})
