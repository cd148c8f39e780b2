-- Set what a campaign may cost, in millionths; nothing sets no cap.
-- Keys: fax:campaign:*, fax:events, fax:job:*, fax:other:*
local key = campaign_key(a.campaign)
local state = campaign_state(a.campaign)
if state == 'gone' or state == 'finished' or state == 'cancelled' then
  return reply({outcome = 'no', state = state})
end
local was = redis.call('HGET', key, 'cap') or ''
if was == (a.money and whole(a.money) or '') then return reply({outcome = 'same', state = state}) end
if a.money then redis.call('HSET', key, 'cap', whole(a.money)) else redis.call('HDEL', key, 'cap') end
emit_campaign(a.campaign, 'campaign.capped', {
  cap = a.money and a.money / 1000000, was = was ~= '' and tonumber(was) / 1000000 or nil, reason = a.reason, operator = a.operator,
})
return reply({outcome = 'set', state = state})
