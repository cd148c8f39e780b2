-- The claim's outcome cannot be known here. The number stays taken, since the call may be up; the channel is given
-- back, since an unknown send must not stop all others for the length of the settle period. `failing`: Telnyx answered
-- with a 5xx.
local j = load(a.job)
if not j then return reply({outcome = 'gone'}) end
if j.state ~= 'submitting' or j.attempt ~= a.attempt then return reply({outcome = 'no', state = j.state}) end
emit(j, 'job.unknown', {data = a.data})
move(j, 'unknown', {unknown_since = now, asked = 0, listings = 0, cause = a.cause})
give_channel_back(j)
call_failed(j, a.failing and 'e' or 't')
appoint(j, now + a.next)
return reply({outcome = 'unknown'})
