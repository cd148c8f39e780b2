-- Begin a campaign as a draft, or recognise it: `same` where the list and what is asked are the same.
local key = campaign_key(a.campaign)
local known = hash(key)
if known then
  return reply({outcome = known.fingerprint == a.fingerprint and 'same' or 'conflict', state = known.state})
end
redis.call('HSET', key, 'state', 'draft', 'fingerprint', a.fingerprint, 'name', a.name, 'options', a.options,
  'columns', a.columns, 'created', now, 'changed', now, 'generation', 1, 'cursor', 0, 'rows', 0, 'size', 0, 'p', 0)
if a.money then redis.call('HSET', key, 'cap', a.money) end
redis.call('ZADD', 'fax:campaigns', now, a.campaign)
emit_campaign(a.campaign, 'campaign.created', {name = a.name})
return reply({outcome = 'created', state = 'draft'})
