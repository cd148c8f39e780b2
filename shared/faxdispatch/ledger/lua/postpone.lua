-- The attempt provably created nothing: back to the line, no attempt is charged. The one who claimed it may say so even
-- after its lease: no other can have made this attempt's call.
local j = load(a.job)
if not j then return reply({outcome = 'gone'}) end
if (j.state ~= 'submitting' and j.state ~= 'unknown') or j.attempt ~= a.attempt then return reply({outcome = 'no', state = j.state}) end
if j.cancel == '1' then
  emit(j, 'job.cancelled', {})
  finish(j, 'cancelled')
  return reply({outcome = 'cancelled'})
end
local due = now + a.delay
emit(j, 'job.held', {data = until_then(a.data, due)})
move(j, 'held', {hold = a.reason, due = due, holds = tonumber(j.holds or 0) + 1})
land(j)
appoint(j, due)
return reply({outcome = 'held', due = due})
