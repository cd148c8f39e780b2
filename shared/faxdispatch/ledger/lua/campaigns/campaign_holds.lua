-- How many of a campaign's rows are held, by reason, and when the last of these holds ends, of those that end at a time.
-- With `most`, only so many of the rows that have a job are read, taken at random.
-- Keys: fax:agenda, fax:campaign:*, fax:campaign:*:parked, fax:counts, fax:events, fax:held:*, fax:history:*,
--   fax:holds, fax:job:*, fax:line:*:waiting, fax:since:*, fax:waiting:*
local key = campaign_key(a.campaign)
local generation, holds, last = redis.call('HGET', key, 'generation'), {}, nil
local rows = a.most and redis.call('SRANDMEMBER', key .. ':open', a.most) or redis.call('SMEMBERS', key .. ':open')
for _, row in ipairs(rows) do
  local j = redis.call('HMGET', 'fax:job:' .. row_job(a.campaign, row, generation), 'state', 'hold', 'due')
  if j[1] == 'held' and j[2] and j[2] ~= '' then
    holds[j[2]] = (holds[j[2]] or 0) + 1
    local due = tonumber(j[3] or '')
    if due and (not last or due > last) then last = due end
  end
end
return reply({holds = holds, last = last})
