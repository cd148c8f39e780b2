-- Create a campaign as a draft. If it exists with the same list and options, return `same`. The id of a campaign that
-- was started and then purged cannot be used again for a while, since jobs and events with these ids still exist.
-- Keys: fax:campaign:*, fax:campaigns, fax:campaigns:purged, fax:events, fax:job:*, fax:other:*
local key = campaign_key(a.campaign)
local known = hash(key)
if known then
  return reply({outcome = known.fingerprint == a.fingerprint and 'same' or 'conflict', state = known.state})
end
if redis.call('ZSCORE', 'fax:campaigns:purged', a.campaign) then return reply({outcome = 'purged', state = 'gone'}) end
redis.call('HSET', key, 'state', 'draft', 'fingerprint', a.fingerprint, 'name', a.name, 'options', a.options,
  'columns', a.columns, 'created', now, 'changed', now, 'generation', 1, 'cursor', 0, 'rows', 0, 'size', 0, 'p', 0)
if a.money then redis.call('HSET', key, 'cap', a.money) end
redis.call('ZADD', 'fax:campaigns', now, a.campaign)
emit_campaign(a.campaign, 'campaign.created', {name = a.name, operator = a.operator})
return reply({outcome = 'created', state = 'draft'})
