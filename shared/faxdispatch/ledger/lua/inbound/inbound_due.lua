-- Take the inbound faxes that Telnyx must be asked about, and count the documents that may be fetched now.
-- Keys: fax:coming, fax:documents:wanted, fax:inbound:*, fax:job:*
local asked = {}
for _, fax_id in ipairs(redis.call('ZRANGEBYSCORE', 'fax:coming', '-inf', now, 'LIMIT', 0, a.limit)) do
  local f = inbound(fax_id)
  if not f then
    redis.call('ZREM', 'fax:coming', fax_id)
  else
    local looks = tonumber(f.looks or '0')
    redis.call('HSET', 'fax:inbound:' .. fax_id, 'looks', looks + 1)
    redis.call('ZADD', 'fax:coming', now + math.min(a.poll * 2 ^ looks, a.poll_cap), fax_id)
    asked[#asked + 1] = fax_id
  end
end
return reply({asked = asked, wanted = redis.call('ZCOUNT', 'fax:documents:wanted', '-inf', now)})
