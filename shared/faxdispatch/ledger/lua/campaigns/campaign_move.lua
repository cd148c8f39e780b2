-- An operator's command, or a planned start: the campaign goes to the state `to` from one of `allowed`. If two commands
-- contradict each other, the second one gets the state that the first one set.
-- Keys: fax:campaign:*, fax:campaigns:ending, fax:campaigns:running, fax:campaigns:starts, fax:events, fax:job:*,
--   fax:other:*, fax:suppressed, fax:suppressed:until, fax:suppressed:version
local key = campaign_key(a.campaign)
local state = campaign_state(a.campaign)
if state == a.to then
  if a.also_in_flight then
    redis.call('HSET', key, 'also_in_flight', 1)
    redis.call('SADD', 'fax:campaigns:ending', a.campaign)
  end
  return reply({outcome = 'same', state = state})
end
local may = false
for _, allowed in ipairs(a.allowed) do may = may or allowed == state end
if not may then return reply({outcome = 'no', state = state}) end
redis.call('HSET', key, 'state', a.to, 'reason', a.reason or '', 'changed', now, 'recent', '')
redis.call('ZREM', 'fax:campaigns:starts', a.campaign)
redis.call('HDEL', key, 'start_at')
if a.counts then
  redis.call('HSET', key, 'counts', a.counts, 'checked', now,
    'suppression', redis.call('GET', 'fax:suppressed:version') or '0')
end
if a.also_in_flight then redis.call('HSET', key, 'also_in_flight', 1) end
if a.to == 'running' then
  redis.call('SADD', 'fax:campaigns:running', a.campaign)
  redis.call('HSETNX', key, 'started', now)
  if a.operator then redis.call('HSETNX', key, 'started_by', a.operator) end
elseif a.to == 'cancelled' then
  redis.call('SREM', 'fax:campaigns:running', a.campaign)
  redis.call('SADD', 'fax:campaigns:ending', a.campaign)
end
emit_campaign(a.campaign, a.event, {reason = a.reason, operator = a.operator, was = state})
return reply({outcome = 'moved', state = a.to})
