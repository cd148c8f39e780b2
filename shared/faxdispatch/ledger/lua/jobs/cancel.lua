-- Cancel a job: at once if nothing has been sent, otherwise by a request that goes to Telnyx as soon as possible. A
-- ledger that went back in time does not know what was sent, so before its recovery every cancel is such a request.
-- Keys: fax:agenda, fax:calls, fax:calls:*, fax:campaign:*, fax:campaign:*:parked, fax:channels, fax:channels:*,
--   fax:connections, fax:counts, fax:ended, fax:events, fax:fax:*, fax:granted:*, fax:held:*, fax:history:*, fax:holds,
--   fax:idem:*, fax:index:*, fax:index:*:names:*, fax:index:causes, fax:job:*, fax:ledger, fax:limits, fax:line:*,
--   fax:line:*:waiting, fax:other:*, fax:paused:*, fax:since:*, fax:spend:*, fax:spend:campaign:*, fax:turn:*,
--   fax:turns:*:*, fax:waiting:*
local j = load(a.job)
local who = json({why = a.why, operator = a.operator})
if not j then return reply({outcome = 'gone'}) end
if TERMINAL[j.state] then return reply({outcome = 'over', state = j.state, fax_id = j.fax_id}) end
local waits = j.state == 'queued' or j.state == 'held'
if waits and not is_behind() then
  emit(j, 'job.cancelled', {data = who})
  finish(j, 'cancelled')
  return reply({outcome = 'cancelled', state = 'cancelled'})
end
if j.cancel ~= '1' then
  emit(j, 'job.cancelling', {data = who})
  save(j, {cancel = '1'})
  -- Telnyx may not be asked about an accepted fax for another hour, and a cancel whose message is lost must not wait
  -- for that.
  if j.state == 'accepted' or (waits and redis.call('ZSCORE', 'fax:agenda', a.job)) then appoint(j, now + a.hint) end
end
return reply({outcome = 'wished', state = j.state, fax_id = j.fax_id})
