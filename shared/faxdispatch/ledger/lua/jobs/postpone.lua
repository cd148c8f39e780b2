-- The attempt provably created no fax: the job waits again, and the attempt does not count. The process that claimed it
-- may report this even after its lease, since no other process can have made this attempt's call.
-- Keys: fax:accepted:*, fax:agenda, fax:calls, fax:calls:*, fax:campaign:*, fax:campaign:*:parked, fax:channels,
--   fax:channels:*, fax:connections, fax:counts, fax:ended, fax:events, fax:failing:*, fax:fax:*, fax:granted:*,
--   fax:held:*, fax:history:*, fax:holds, fax:idem:*, fax:index:*, fax:index:*:names:*, fax:index:causes, fax:job:*,
--   fax:limits, fax:line:*, fax:line:*:waiting, fax:other:*, fax:paused:*, fax:since:*, fax:spend:*,
--   fax:spend:campaign:*, fax:turn:*, fax:turns:*:*, fax:waiting:*
local j = load(a.job)
if not j then return reply({outcome = 'gone'}) end
local mine = a.owner and j.owner == a.owner or j.attempt == a.attempt
if (j.state ~= 'submitting' and j.state ~= 'unknown') or not mine then return reply({outcome = 'no', state = j.state}) end
local taken = tonumber(redis.call('GET', 'fax:accepted:' .. j.connection) or '0')
if a.pause and a.may_be_alone and taken > (tonumber(j.refused or '') or now) then return reply({outcome = 'alone'}) end
settle(j, 0)
if j.cancel == '1' then
  emit(j, 'job.cancelled', {})
  finish(j, 'cancelled')
  return reply({outcome = 'cancelled'})
end
local due = now + a.delay
emit(j, 'job.held', {data = until_then(a.data, due)})
move(j, 'held', {
  hold = a.reason, due = due, holds = tonumber(j.holds or 0) + 1, refused = a.pause and now or j.refused or '',
})
land(j)
if a.capacity then cut_channels(j.connection, a.capacity, tonumber(j.submitted)) end
local unreachable = a.call == 'unreachable' and call_failed(j, 'u')
if a.call == 'answered' then call_answered(j.connection) end
if a.pause or unreachable then
  move(j, 'held', {hold = 'connection_paused', due = ''})
  wait_for_channel(j)
  if a.pause then pause_and_wake(j.connection, a.pause, due) end
else
  appoint(j, due)
end
return reply({outcome = 'held', due = due})
