-- Cancel what a cancelled campaign has not sent: a page of pending rows from `first` on, and a page of those with a job
-- that is not in flight; with `also_in_flight`, those in flight are to be cancelled at Telnyx. `left` is true as long as
-- there is more to do.
local key = campaign_key(a.campaign)
if campaign_state(a.campaign) ~= 'cancelled' then return reply({outcome = 'no'}) end
local letters = redis.call('GETRANGE', key .. ':states', a.first - 1, a.first - 2 + a.page)
local swept, count = string.gsub(letters, 'p', LETTER.cancelled)
if count > 0 then
  redis.call('SETRANGE', key .. ':states', a.first - 1, swept)
  redis.call('HINCRBY', key, 'p', -count)
  redis.call('HINCRBY', key, LETTER.cancelled, count)
end
return reply({outcome = 'swept', cancelled = count, left = #letters == a.page})
