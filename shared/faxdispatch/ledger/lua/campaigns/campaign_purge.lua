-- Delete a campaign that neither runs nor has rows with a job: `purged`, `no`, or `gone`. The caller unlinks its parts,
-- since there may be many; `again` means that an earlier call began to do so.
-- Keys: fax:campaign:*, fax:campaigns, fax:campaigns:ending, fax:campaigns:purged, fax:campaigns:starts, fax:events,
--   fax:job:*, fax:other:*, fax:spend:campaign:*
local key = campaign_key(a.campaign)
local state = campaign_state(a.campaign)
if state == 'gone' then
  local begun = redis.call('ZSCORE', 'fax:campaigns:purged', a.campaign)
  return reply({outcome = begun and 'again' or 'gone', state = state})
end
if state == 'running' or state == 'paused' or redis.call('SCARD', key .. ':open') > 0 then
  return reply({outcome = 'no', state = state})
end
emit_campaign(a.campaign, 'campaign.purged', {was = state, operator = a.operator})
redis.call('ZREMRANGEBYSCORE', 'fax:campaigns:purged', '-inf', now - a.retention)
redis.call('ZADD', 'fax:campaigns:purged', now, a.campaign)
local started = redis.call('HEXISTS', key, 'started') == 1
redis.call('ZREM', 'fax:campaigns', a.campaign)
redis.call('ZREM', 'fax:campaigns:starts', a.campaign)
redis.call('SREM', 'fax:campaigns:ending', a.campaign)
redis.call('UNLINK', key, key .. ':open', 'fax:spend:campaign:' .. a.campaign)
return reply({outcome = 'purged', state = state, started = started})
