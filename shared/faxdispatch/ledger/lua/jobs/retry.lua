-- The failure policy wants another attempt. `pause` is a reason to pause the connection until then, with which the fax
-- waits. `counter` names the one of three counters that counts the failed attempt.
-- Keys: fax:agenda, fax:calls, fax:calls:*, fax:campaign:*, fax:campaign:*:parked, fax:channels, fax:channels:*,
--   fax:connections, fax:counts, fax:ended, fax:events, fax:fax:*, fax:granted:*, fax:held:*, fax:history:*, fax:holds,
--   fax:idem:*, fax:index:*, fax:index:*:names:*, fax:index:causes, fax:job:*, fax:limits, fax:line:*,
--   fax:line:*:waiting, fax:other:*, fax:paused:*, fax:since:*, fax:spend:*, fax:spend:campaign:*, fax:turn:*,
--   fax:turns:*:*, fax:waiting:*
local j = load(a.job)
if not j then return reply({outcome = 'gone'}) end
if j.state ~= 'deciding' or j.attempt ~= a.attempt then return reply({outcome = 'no', state = j.state}) end
settle(j, a.spent)
if a.counter ~= 'holds' then note_attempt(j, false) end
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
  hold = 'retry', due = due, turn = '', [a.counter] = tonumber(j[a.counter] or 0) + 1, rung = a.ladder_step, tries = json(tries),
})
if a.capacity then cut_channels(j.connection, a.capacity, tonumber(j.submitted)) end
if a.pause and j.connection ~= '' then
  move(j, 'held', {hold = 'connection_paused', due = ''})
  wait_for_channel(j)
  pause_and_wake(j.connection, a.pause, due)
else
  appoint(j, due)
end
return reply({outcome = 'held', due = due})
