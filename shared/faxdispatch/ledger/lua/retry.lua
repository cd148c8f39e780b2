-- The failure policy wants another attempt.
local j = load(a.job)
if not j then return reply({outcome = 'gone'}) end
if j.state ~= 'deciding' or j.attempt ~= a.attempt then return reply({outcome = 'no', state = j.state}) end
if j.cancel == '1' then
  emit(j, 'job.cancelled', {data = a.data})
  finish(j, 'cancelled')
  return reply({outcome = 'cancelled'})
end
local due = now + a.delay
emit(j, 'job.retrying', {data = until_then(a.data, due)})
local tries = {}
if a.tries then for reason, count in pairs(a.tries) do tries[reason] = count end end
move(j, 'held', {
  hold = 'retry', due = due, dials = tonumber(j.dials or 0) + a.dials, holds = tonumber(j.holds or 0) + 1 - a.dials,
  tries = json(tries),
})
if a.capacity and j.connection ~= '' and a.channels == 'auto'
  and redis.call('SET', 'fax:channels:' .. j.connection .. ':cut', 1, 'NX', 'PX', 5000) then
  -- One cut for one burst: the faxes that were up together all fail for the same reason.
  redis.call('SET', 'fax:channels:' .. j.connection, math.max(1, math.floor(channel_limit(j.connection) / 2)))
end
appoint(j, due)
return reply({outcome = 'held', due = due})
