-- Telnyx said when it will take calls again: nobody calls before.
local till = micros + a.delay
if till > tonumber(redis.call('GET', 'fax:shut') or '0') then
  redis.call('SET', 'fax:shut', whole(till), 'PX', whole(math.max(1, math.ceil(a.delay / 1000))))
end
return reply({})
