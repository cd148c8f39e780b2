-- Take the document that has waited longest, under a lease; if its worker dies, another one takes it when the lease
-- ends.
-- Keys: fax:documents:wanted, fax:inbound:*, fax:job:*
while true do
  local first = redis.call('ZRANGEBYSCORE', 'fax:documents:wanted', '-inf', now, 'LIMIT', 0, 1)
  if #first == 0 then return reply({outcome = 'none'}) end
  if redis.call('EXISTS', 'fax:inbound:' .. first[1]) == 1 then
    redis.call('ZADD', 'fax:documents:wanted', now + a.lease, first[1])
    redis.call('HSETNX', 'fax:inbound:' .. first[1], 'tried', now)
    return reply({outcome = 'taken', fax_id = first[1]})
  end
  redis.call('ZREM', 'fax:documents:wanted', first[1])
end
