-- The rate of all workers together: GCRA that reserves. Gives the microseconds to wait for the slot that is now the
-- caller's, or, where that would be longer than the caller will wait, -1 and reserves nothing.
local time = redis.call('TIME')
local micros = time[1] * 1000000 + time[2]
local free = math.max(micros, tonumber(redis.call('GET', 'fax:rate') or '0'))
local wait = free - micros
if wait > a.patience then return reply({wait = -1, free = wait}) end
redis.call('SET', 'fax:rate', string.format('%d', free + a.interval), 'PX', 600000)
return reply({wait = wait})
