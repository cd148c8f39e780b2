-- Telnyx said when it will take calls again: nobody calls before. The key outlives that moment; the moment counts.
local till = micros + a.delay
if till > tonumber(redis.call('GET', 'fax:shut') or '0') then
  redis.call('SET', 'fax:shut', whole(till), 'PX', whole(math.ceil(a.delay / 1000) + 60000))
end
return reply({})
