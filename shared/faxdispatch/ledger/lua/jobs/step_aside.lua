-- Workers are about to make the documents of these jobs. One whose document must be fetched (`slow`) gives back its
-- channel and its number meanwhile, and keeps its turn, unless it is the one that tries whether Telnyx answers again:
-- no other fax may use its connection. Returns an answer for each, in the form of `admit`: with `go`, its document may be
-- made.
-- Keys: fax:agenda, fax:calls, fax:calls:*, fax:campaign:*, fax:campaign:*:parked, fax:channels, fax:channels:*,
--   fax:connections, fax:counts, fax:ended, fax:events, fax:fax:*, fax:granted:*, fax:held:*, fax:history:*, fax:holds,
--   fax:idem:*, fax:index:*, fax:index:*:names:*, fax:index:causes, fax:job:*, fax:limits, fax:line:*,
--   fax:line:*:waiting, fax:other:*, fax:paused:*, fax:quarantined, fax:since:*, fax:spend:*, fax:spend:campaign:*,
--   fax:suppressed, fax:suppressed:until, fax:turn:*, fax:turns:*:*, fax:waiting:*
local function step_aside(asked)
  local j = load(asked.job)
  local answer = barred(j, asked.connection, asked.sender)
  if answer then return answer end
  if j.granted == '1' and (not asked.slow or pause_of(j.connection)) then return {outcome = 'go'} end
  if j.granted == '1' then land(j) end
  -- If its worker dies, another one makes it.
  appoint(j, now + a.hint)
  return {outcome = 'go'}
end

local answers = {}
for index, asked in ipairs(a.jobs) do answers[index] = step_aside(asked) end
return reply(answers)
