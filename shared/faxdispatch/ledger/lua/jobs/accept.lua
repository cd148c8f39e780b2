-- Record faxes that Telnyx accepted: it answered with a fax id, or a listing shows one.
-- Keys: fax:accepted:*, fax:agenda, fax:calls, fax:calls:*, fax:campaign:*, fax:campaign:*:parked, fax:counts,
--   fax:events, fax:failing:*, fax:fax:*, fax:held:*, fax:history:*, fax:holds, fax:job:*, fax:ledger, fax:line:*,
--   fax:line:*:waiting, fax:other:*, fax:paused:*, fax:since:*, fax:spend:*, fax:spend:campaign:*, fax:strays,
--   fax:waiting:*
local function accept(seen)
  local j = load(seen.job)
  if not j then return {outcome = 'gone'} end
  if a.source == 'worker' then call_answered(j.connection) end
  local outcome = bind(j, seen.attempt, seen.fax_id, {source = a.source})
  return {outcome = outcome, state = j.state, cancel = j.cancel == '1'}
end

local answers = {}
for index, seen in ipairs(a.accepts) do answers[index] = accept(seen) end
return reply(answers)
