-- How many of a campaign's rows are held, by reason.
-- Keys: fax:agenda, fax:campaign:*, fax:campaign:*:parked, fax:counts, fax:events, fax:held:*, fax:history:*,
--   fax:holds, fax:job:*, fax:line:*:waiting, fax:since:*, fax:waiting:*
local key = campaign_key(a.campaign)
local generation, holds = redis.call('HGET', key, 'generation'), {}
for _, row in ipairs(redis.call('SMEMBERS', key .. ':open')) do
  local j = redis.call('HMGET', 'fax:job:' .. row_job(a.campaign, row, generation), 'state', 'hold')
  if j[1] == 'held' and j[2] and j[2] ~= '' then holds[j[2]] = (holds[j[2]] or 0) + 1 end
end
return reply({holds = holds})
