-- Telnyx wants no calls for `delay` microseconds, so no worker calls before that. If Telnyx does not say how long, each
-- refusal after such a pause doubles the next one. The key lives longer than the time in it, and the time is what
-- counts.
-- Keys: fax:job:*, fax:shut, fax:shut:again, fax:shut:told
if not a.delay then
  if not redis.call('SET', 'fax:shut:told', 1, 'NX', 'PX', 500) then return reply({}) end
  local seconds = math.min(60, 2 ^ (redis.call('INCR', 'fax:shut:again') - 1))
  redis.call('PEXPIRE', 'fax:shut:again', whole(2000 * seconds + 5000))
  a.delay = seconds * 1000000
end
local till = micros + a.delay
if till > tonumber(redis.call('GET', 'fax:shut') or '0') then
  redis.call('SET', 'fax:shut', whole(till), 'PX', whole(math.ceil(a.delay / 1000) + 60000))
end
return reply({})
