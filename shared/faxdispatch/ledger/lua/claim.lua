-- The compare-and-set before the call: from here on, this attempt may exist at Telnyx. Whatever has closed the way since
-- the job was admitted holds it here.
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

local function back_in_line(reason, facts)
  land(j)
  line_up(j, reason, facts)
  return reply({outcome = 'held', reason = reason})
end

local paused = pause_of(j.connection)
if paused then
  return back_in_line('connection_paused', {detail = paused.reason, ['until'] = tonumber(paused['until'])})
end
local shut = tonumber(redis.call('GET', 'fax:shut') or '0')
if shut > micros then return back_in_line('rate_limited', {['until'] = math.floor(shut / 1000)}) end
local broken = cap_broken(j, a.cost)
if broken == 'day' and a.cost <= a.day_cap then
  local midnight = (math.floor(now / DAY) + 1) * DAY
  set_pause(j.connection, 'spend_cap', midnight, {'need', whole(a.cost)})
  return back_in_line('spend_cap', {detail = broken, ['until'] = midnight})
elseif broken then
  -- Only this campaign must stop, or this fax, which is dearer than a whole day; whoever raises the cap need not know of
  -- the jobs that wait.
  land(j)
  hold(j, 'spend_cap', now + a.recheck, {detail = broken})
  return reply({outcome = 'held', reason = 'spend_cap'})
end

local attempt = j.attempt + 1
if j.fax_id ~= '' then redis.call('PEXPIRE', 'fax:fax:' .. j.fax_id, a.retention) end
j.fax_id = ''
emit(j, 'job.submitted', {attempt = attempt, data = a.data})
reserve_money(j, a.cost)
move(j, 'submitting', {
  attempt = attempt, owner = a.owner, submitted = now, fax_id = '', rank = 0, provider = '', hold = '', due = '',
  cause = '', asked = 0, listings = 0, hints = 0, turn = '', rung = a.rung, estimate = whole(a.cost), freed = '',
})
appoint(j, now + a.lease)
return reply({outcome = 'claimed', attempt = attempt})
