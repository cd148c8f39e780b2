-- Cancel: at once if nothing has left, otherwise as a wish that goes to Telnyx as soon as possible. A ledger that went
-- back in time does not know what has left, so before its recovery every cancel is a wish.
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
  -- The next question about an accepted fax may be an hour away; a cancel whose message is lost must not wait for it.
  if j.state == 'accepted' or (waits and redis.call('ZSCORE', 'fax:agenda', a.job)) then appoint(j, now + a.hint) end
end
return reply({outcome = 'wished', state = j.state, fax_id = j.fax_id})
