-- Set a campaign's cost cap, in millionths; nil means no cap. A campaign that is paused because of the old cap
-- continues if the new cap allows more.
-- Keys: fax:agenda, fax:campaign:*, fax:campaign:*:parked, fax:campaigns:running, fax:counts, fax:events, fax:held:*,
--   fax:held:spend_cap, fax:history:*, fax:holds, fax:job:*, fax:line:*:waiting, fax:other:*, fax:since:*,
--   fax:spend:campaign:*, fax:waiting:*
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
local left = a.money and a.money - spent('fax:spend:campaign:' .. a.campaign) or math.huge
if state == 'paused' and redis.call('HGET', key, 'reason') == 'spend_cap' and left > 0 then
  state = 'running'
  redis.call('HSET', key, 'state', state, 'reason', a.reason or '', 'changed', now)
  redis.call('SADD', 'fax:campaigns:running', a.campaign)
  emit_campaign(a.campaign, 'campaign.resumed', {reason = a.reason, operator = a.operator, was = 'paused'})
end
look_again_for_money()
return reply({outcome = 'set', state = state})
