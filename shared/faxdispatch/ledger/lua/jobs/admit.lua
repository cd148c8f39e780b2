-- Decide whether each of these jobs may be sent now. The answers are those of `admit`.
-- Keys: fax:agenda, fax:calls, fax:calls:*, fax:campaign:*, fax:campaign:*:parked, fax:channels, fax:channels:*,
--   fax:connections, fax:counts, fax:ended, fax:events, fax:fax:*, fax:granted:*, fax:held:*, fax:history:*, fax:holds,
--   fax:idem:*, fax:index:*, fax:index:*:names:*, fax:index:causes, fax:job:*, fax:ladder:*, fax:limits, fax:line:*,
--   fax:line:*:waiting, fax:other:*, fax:paused:*, fax:quarantined, fax:rate, fax:rate:*, fax:shut, fax:since:*,
--   fax:spend:*, fax:spend:campaign:*, fax:suppressed, fax:suppressed:until, fax:turn:*, fax:turns:*:*, fax:waiting:*
local answers = {}
for index, asked in ipairs(a.jobs) do answers[index] = admit(asked) end
return reply(answers)
