-- End a job without delivery: Telnyx refused the fax, or the fax is given up. `counter` names the counter of the last
-- attempt, `blames` says that the number is at fault, and `states` are the states in which the job may be.
-- Keys: fax:agenda, fax:bad:*, fax:calls, fax:calls:*, fax:campaign:*, fax:campaign:*:parked, fax:channels,
--   fax:channels:*, fax:connections, fax:counts, fax:ended, fax:events, fax:failing:*, fax:fax:*, fax:granted:*,
--   fax:held:*, fax:history:*, fax:holds, fax:idem:*, fax:index:*, fax:index:*:names:*, fax:index:causes, fax:job:*,
--   fax:limits, fax:line:*, fax:line:*:waiting, fax:other:*, fax:paused:*, fax:quarantined, fax:since:*, fax:spend:*,
--   fax:spend:campaign:*, fax:turn:*, fax:turns:*:*, fax:waiting:*
local j = load(a.job)
if not j then return reply({outcome = 'gone'}) end
local allowed = false
for _, state in ipairs(a.states) do allowed = allowed or state == j.state end
if not allowed or (a.attempt and a.attempt ~= j.attempt) then return reply({outcome = 'no', state = j.state}) end
settle(j, a.spent)
if a.event == 'job.rejected' and a.attempt then call_answered(j.connection) end
if a.attempt then note_attempt(j, false) end
if a.counter then save(j, {[a.counter] = tonumber(j[a.counter] or 0) + 1}) end
if a.blames then blame_number(j, a.cause) end
if j.cancel == '1' then
  emit(j, 'job.cancelled', {data = a.data})
  finish(j, 'cancelled', {cause = a.cause})
  return reply({outcome = 'cancelled'})
end
emit(j, a.event, {data = a.data})
finish(j, 'failed', {cause = a.cause})
return reply({outcome = 'failed'})
