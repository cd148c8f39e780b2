-- A person releases a held job: it is checked again now, and the reason for which it was held no longer applies to it.
-- Conditions that apply to all jobs (a channel, the number, the end of a pause) cannot be waived for one.
-- Keys: fax:agenda, fax:campaign:*, fax:campaign:*:parked, fax:counts, fax:events, fax:held:*, fax:history:*,
--   fax:holds, fax:job:*, fax:line:*:waiting, fax:since:*, fax:waiting:*
local j = load(a.job)
if not j then return reply({outcome = 'gone'}) end
if j.state ~= 'held' then return reply({outcome = 'no', state = j.state}) end
local reason = j.hold
if a.waivable[reason] == nil then return reply({outcome = 'shared', state = j.state, reason = reason}) end
emit(j, 'job.released', {data = json({reason = reason, why = a.why, operator = a.operator})})
move(j, 'held', {hold = reason, due = now, waived = (j.waived or '') .. ' ' .. reason, untaken = 0})
appoint(j, now)
return reply({outcome = 'released', reason = reason})
