-- Let a checked campaign start at a given time.
-- Keys: fax:campaign:*, fax:campaigns:starts, fax:events, fax:job:*, fax:other:*
local key = campaign_key(a.campaign)
local state = campaign_state(a.campaign)
if state ~= 'checked' then return reply({outcome = 'no', state = state}) end
redis.call('HSET', key, 'start_at', a.at)
if a.operator then redis.call('HSET', key, 'started_by', a.operator) end
redis.call('ZADD', 'fax:campaigns:starts', a.at, a.campaign)
emit_campaign(a.campaign, 'campaign.planned', {['until'] = a.at, reason = a.reason, operator = a.operator})
return reply({outcome = 'planned', state = state})
