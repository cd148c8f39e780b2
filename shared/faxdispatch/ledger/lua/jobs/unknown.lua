-- The outcome of the claim's call is not known. The number stays taken, since the call may be connected. The channel is
-- freed, since an unknown send must not block all others for the settle time. `failing` means that Telnyx answered with
-- a 5xx.
-- Keys: fax:agenda, fax:calls, fax:calls:*, fax:campaign:*, fax:campaign:*:parked, fax:channels, fax:channels:*,
--   fax:connections, fax:counts, fax:events, fax:failing:*, fax:held:*, fax:history:*, fax:holds, fax:job:*, fax:limits,
--   fax:line:*, fax:line:*:waiting, fax:other:*, fax:paused:*, fax:since:*, fax:turn:*, fax:turns:*:*, fax:waiting:*
local j = load(a.job)
if not j then return reply({outcome = 'gone'}) end
if j.state ~= 'submitting' or j.attempt ~= a.attempt then return reply({outcome = 'no', state = j.state}) end
emit(j, 'job.unknown', {data = a.data})
move(j, 'unknown', {unknown_since = now, asked = 0, listings = 0, cause = a.cause})
give_channel_back(j)
call_failed(j, a.failing and 'e' or 't')
appoint(j, now + a.next)
return reply({outcome = 'unknown'})
