-- Put a producer's question on the waiting list, only once, however often it is asked before its turn. Turns are fair
-- by producer, as for sends: by the campaign or first tag of the fax in question, otherwise by its connection.
-- Keys: fax:fax:*, fax:inbound:*, fax:job:*, fax:questions, fax:questions:line, fax:questions:turns, fax:turn:*,
--   fax:turns:*:*
if redis.call('HSETNX', 'fax:questions', a.id, a.text) == 0 then return reply({outcome = 'known'}) end
local job = a.job or string.match(a.fax_id and redis.call('GET', 'fax:fax:' .. a.fax_id) or '', '^(.+):%d+$')
local j = job and hash('fax:job:' .. job) or {}
local group = j.group or ''
if group == '' then group = j.connection or (a.fax_id and redis.call('HGET', 'fax:inbound:' .. a.fax_id, 'connection')) end
group = group or ''
local served = tonumber(redis.call('HGET', 'fax:questions:turns', 'served') or '0')
local turn = math.max(served, tonumber(redis.call('HGET', 'fax:questions:turns', 'of:' .. group) or '0')) + 1
redis.call('HSET', 'fax:questions:turns', 'of:' .. group, whole(turn))
redis.call('ZADD', 'fax:questions:line', turn, a.id)
return reply({outcome = 'waits'})
