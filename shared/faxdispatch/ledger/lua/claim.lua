-- The compare-and-set before the call: from here on, this attempt may exist at Telnyx.
local j = load(a.job)
if not j then return reply({outcome = 'gone'}) end
if j.state == 'submitting' and j.owner == a.owner then
  return reply({outcome = 'claimed', attempt = j.attempt})
end
if (j.state ~= 'queued' and j.state ~= 'held') or j.granted ~= '1' then
  return reply({outcome = 'no', state = j.state})
end
if j.cancel == '1' then
  emit(j, 'job.cancelled', {})
  finish(j, 'cancelled')
  return reply({outcome = 'no', state = 'cancelled'})
end
local attempt = j.attempt + 1
if j.fax_id ~= '' then redis.call('PEXPIRE', 'fax:fax:' .. j.fax_id, a.retention) end
j.fax_id = ''
emit(j, 'job.submitted', {attempt = attempt, data = a.data})
move(j, 'submitting', {
  attempt = attempt, owner = a.owner, submitted = now, fax_id = '', rank = 0, provider = '', hold = '', due = '',
  cause = '', asked = 0, listings = 0, hints = 0,
})
appoint(j, now + a.lease)
return reply({outcome = 'claimed', attempt = attempt})
