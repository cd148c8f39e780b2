-- Up to `count` campaigns beginning at a position, the newest first, with everything that is shown about them; and the
-- total number of campaigns.
-- Keys: fax:campaign:*, fax:campaigns, fax:job:*, fax:spend:campaign:*
local found = {}
for place, id in ipairs(redis.call('ZREVRANGE', 'fax:campaigns', a.first, a.first + a.count - 1)) do
  local key = campaign_key(id)
  found[place] = {
    id = id,
    facts = redis.call('HGETALL', key),
    parked = redis.call('ZCARD', key .. ':parked'),
    spent = redis.call('GET', 'fax:spend:campaign:' .. id) or '0',
  }
end
return reply({campaigns = found, count = redis.call('ZCARD', 'fax:campaigns')})
