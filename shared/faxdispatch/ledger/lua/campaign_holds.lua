-- How many of a campaign's rows are held, by reason.
local key = campaign_key(a.campaign)
local generation, holds = redis.call('HGET', key, 'generation'), {}
for _, row in ipairs(redis.call('SMEMBERS', key .. ':open')) do
  local job = a.campaign .. '-' .. row
  if generation ~= '1' then job = job .. '-' .. generation end
  local j = redis.call('HMGET', 'fax:job:' .. job, 'state', 'hold')
  if j[1] == 'held' and j[2] and j[2] ~= '' then holds[j[2]] = (holds[j[2]] or 0) + 1 end
end
return reply({holds = holds})
