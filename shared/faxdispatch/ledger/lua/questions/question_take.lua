-- Take the questions whose turn it is. A question that a worker took but did not answer in time goes back to the front.
-- Keys: fax:job:*, fax:questions, fax:questions:asked, fax:questions:line, fax:questions:turns, fax:turn:*,
--   fax:turns:*:*
local waiting, asked, turns = 'fax:questions:line', 'fax:questions:asked', 'fax:questions:turns'
local served = tonumber(redis.call('HGET', turns, 'served') or '0')
for _, id in ipairs(redis.call('ZRANGEBYSCORE', asked, '-inf', now, 'LIMIT', 0, a.most)) do
  redis.call('ZREM', asked, id)
  redis.call('ZADD', waiting, served, id)
end
local room = math.min(a.limit, a.most - redis.call('ZCARD', asked))
local taken = {}
if room > 0 then
  local found = redis.call('ZPOPMIN', waiting, room)
  for at = 1, #found, 2 do
    local text = redis.call('HGET', 'fax:questions', found[at])
    served = math.max(served, tonumber(found[at + 1]))
    if text then
      redis.call('ZADD', asked, now + a.back, found[at])
      taken[#taken + 1] = text
    end
  end
end
if redis.call('EXISTS', waiting) == 0 then
  -- If no question waits, no group has had more turns than another.
  redis.call('DEL', turns)
else
  redis.call('HSET', turns, 'served', whole(served))
end
return reply({taken = taken})
