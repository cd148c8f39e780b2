-- Telnyx said when it will take calls again: nobody calls before.
local time = redis.call('TIME')
local free = time[1] * 1000000 + time[2] + a.delay
if free > tonumber(redis.call('GET', 'fax:rate') or '0') then
  redis.call('SET', 'fax:rate', string.format('%d', free), 'PX', 600000)
end
return reply({})
