-- Cancel the pending rows of a cancelled campaign, one page from `first` on. `left` is true as long as there is another
-- page. Rows that have a job are cancelled one by one elsewhere.
-- Keys: fax:campaign:*, fax:job:*
local key = campaign_key(a.campaign)
if campaign_state(a.campaign) ~= 'cancelled' then return reply({outcome = 'no'}) end
local codes = redis.call('GETRANGE', key .. ':states', a.first - 1, a.first - 2 + a.page)
local swept, count = string.gsub(codes, 'p', CODE.cancelled)
if count > 0 then
  redis.call('SETRANGE', key .. ':states', a.first - 1, swept)
  redis.call('HINCRBY', key, 'p', -count)
  redis.call('HINCRBY', key, CODE.cancelled, count)
end
return reply({outcome = 'swept', cancelled = count, left = #codes == a.page})
