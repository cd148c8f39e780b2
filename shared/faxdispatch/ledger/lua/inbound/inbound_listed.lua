-- Record a complete listing of inbound faxes that was requested at `begun`. The next listing starts at a time after
-- which enough complete listings were made, over at least the settle time, since a single listing may be empty or out
-- of date.
--   fax:inbound-listings   complete listings, by the time of their request; as far back as the next one needs
--   fax:inbound-listed     where the next one begins
-- Keys: fax:campaign:*, fax:connections, fax:inbound-listed, fax:inbound-listings, fax:inbound:*, fax:job:*,
--   fax:limits, fax:paused:*, fax:spend:*, fax:spend:campaign:*
local key = 'fax:inbound-listings'
redis.call('ZADD', key, a.begun, whole(a.begun))
local newest = tonumber(redis.call('ZRANGE', key, -1, -1)[1])
local settled = redis.call('ZREVRANGEBYSCORE', key, newest - a.settle, '-inf', 'LIMIT', 0, 1)[1]
local enough = redis.call('ZREVRANGE', key, a.enough - 1, a.enough - 1)[1]
if not (settled and enough) then return reply({}) end
local from = math.min(tonumber(settled), tonumber(enough))
redis.call('ZREMRANGEBYSCORE', key, '-inf', '(' .. whole(from))
-- This time never goes back, since two listings may end in any order.
if from - a.skew > tonumber(redis.call('GET', 'fax:inbound-listed') or '0') then
  redis.call('SET', 'fax:inbound-listed', whole(from - a.skew))
end
return reply({})
