-- An operator decides what became of an attempt: `accepted` as a fax, `not_sent`, or `failed`. The verdict is recorded
-- with its reason before the change of state; giving it again has no effect.
-- Keys: fax:accepted:*, fax:agenda, fax:calls, fax:calls:*, fax:campaign:*, fax:campaign:*:parked, fax:channels,
--   fax:channels:*, fax:connections, fax:counts, fax:ended, fax:events, fax:fax:*, fax:granted:*, fax:held:*,
--   fax:history:*, fax:holds, fax:idem:*, fax:index:*, fax:index:*:names:*, fax:index:causes, fax:job:*, fax:ledger,
--   fax:limits, fax:line:*, fax:line:*:waiting, fax:other:*, fax:paused:*, fax:since:*, fax:spend:*,
--   fax:spend:campaign:*, fax:strays, fax:turn:*, fax:turns:*:*, fax:waiting:*
local j = load(a.job)
if not j then return reply({outcome = 'gone'}) end
local attempt = a.attempt or j.attempt
local mark = a.verdict .. ':' .. attempt

local function said_before()
  if a.verdict == 'accepted' then return j.fax_id == a.fax_id end
  if j.resolved ~= mark then return false end
  return a.verdict == 'failed' or j.attempt > attempt or j.fax_id == ''
end

-- Besides an unknown attempt, this resolves a late report about an attempt that had been given up (as in `bind`), and
-- the end of a fax that Telnyx no longer knows.
local function may()
  if attempt ~= j.attempt or attempt == 0 then return false end
  if j.state == 'unknown' then return true end
  if a.verdict == 'accepted' then return (j.state == 'queued' or j.state == 'held') and j.fax_id == '' end
  return a.verdict == 'failed' and j.state == 'accepted'
end

if said_before() then return reply({outcome = 'repeated', state = j.state}) end
if not may() then return reply({outcome = 'no', state = j.state, attempt = j.attempt}) end
if a.fax_id then
  local known = redis.call('GET', 'fax:fax:' .. a.fax_id)
  if known then return reply({outcome = 'taken', by = known}) end
end

emit(j, 'job.resolved', {data = json({
  verdict = a.verdict, reason = a.reason, operator = a.operator, fax_id = a.fax_id, was = j.state,
})})
save(j, {resolved = mark})

if a.verdict == 'not_sent' then settle(j, 0) end
if a.verdict == 'accepted' then
  bind(j, attempt, a.fax_id, {source = a.source})
  appoint(j, now)
elseif j.cancel == '1' then
  emit(j, 'job.cancelled', {})
  finish(j, 'cancelled', {rank = 9})
elseif a.verdict == 'failed' then
  emit(j, 'job.exhausted', {data = json({reason = 'operator', why = a.reason})})
  -- Later news from Telnyx about the fax comes too late to count.
  finish(j, 'failed', {cause = 'operator', rank = 9})
else
  emit(j, 'job.retrying', {data = json({reason = 'not_sent', ['until'] = now})})
  move(j, 'held', {hold = 'retry', due = now})
  land(j)
  appoint(j, now)
end
return reply({outcome = 'resolved', state = j.state})
