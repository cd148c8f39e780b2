-- Add one chunk of rows to a draft; adding it again changes nothing. `codes` has a code for each row from `first` on;
-- it is empty if every row of the chunk is left out.
-- Keys: fax:campaign:*, fax:job:*
local key = campaign_key(a.campaign)
local state = campaign_state(a.campaign)
if state ~= 'draft' then return reply({outcome = 'no', state = state}) end
if redis.call('EXISTS', key .. ':rows:' .. a.chunk) == 1 then return reply({outcome = 'same'}) end
local _, rows = string.gsub(a.codes, 'p', '')
if rows > 0 then
  redis.call('SETRANGE', key .. ':states', a.first - 1, a.codes)
  redis.call('HINCRBY', key, 'rows', rows)
  redis.call('HINCRBY', key, 'p', rows)
  redis.call('HSET', key, 'size', math.max(tonumber(redis.call('HGET', key, 'size')), a.first - 1 + #a.codes))
end
for name, ending in pairs(a.media or {}) do redis.call('ZADD', key .. ':media', ending, name) end
-- These values are compressed bytes, which JSON cannot contain.
if ARGV[4] then redis.call('SET', key .. ':left:' .. a.chunk, ARGV[4]) end
redis.call('SET', key .. ':cells:' .. a.chunk, ARGV[3])
redis.call('SET', key .. ':rows:' .. a.chunk, ARGV[2])
return reply({outcome = 'added'})
