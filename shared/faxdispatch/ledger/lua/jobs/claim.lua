-- Claim attempts (a compare-and-set) before Telnyx is called: from here on, each may exist at Telnyx. A job that may no
-- longer be sent since it was admitted is held. Returns an answer for each claim.
-- Keys: fax:agenda, fax:calls, fax:calls:*, fax:campaign:*, fax:campaign:*:parked, fax:channels, fax:channels:*,
--   fax:connections, fax:counts, fax:ended, fax:events, fax:fax:*, fax:granted:*, fax:held:*, fax:history:*, fax:holds,
--   fax:idem:*, fax:index:*, fax:index:*:names:*, fax:index:causes, fax:job:*, fax:ledger, fax:limits, fax:line:*,
--   fax:line:*:waiting, fax:other:*, fax:paused:*, fax:shut, fax:since:*, fax:spend:*, fax:spend:campaign:*,
--   fax:suppressed, fax:suppressed:until, fax:turn:*, fax:turns:*:*, fax:waiting:*, fax:witnesses
local function claim(c)
  local j = load(c.job)
  if not j then return {outcome = 'gone'} end
  if j.state == 'submitting' and j.owner == c.owner then
    return {outcome = 'claimed', attempt = j.attempt}
  end
  local elsewhere = c.connection and j.connection ~= c.connection
  if (j.state ~= 'queued' and j.state ~= 'held') or j.granted ~= '1' or elsewhere then
    return {outcome = 'no', state = j.state}
  end
  local ended = end_cancelled(j)
  if ended then return ended end

  local function back_in_line(reason, facts)
    land(j)
    hold_for_channel(j, reason, facts)
    return {outcome = 'held', reason = reason}
  end

  local parked = park_stopped(j)
  if parked then return parked end
  if shut_until() > micros then return back_in_line('rate_limited', {['until'] = math.floor(shut_until() / 1000)}) end
  local broken = cap_broken(j, c.cost)
  if broken == 'day' and c.cost <= ruled('day_cap') then
    local midnight = (math.floor(now / DAY) + 1) * DAY
    local answer = back_in_line('spend_cap', {detail = broken, ['until'] = midnight})
    pause_and_wake(j.connection, 'spend_cap', midnight, {'need', whole(c.cost)})
    return answer
  elseif broken == 'campaign' and is_row(j) then
    pause_campaign(j.campaign, 'spend_cap', {})
    stop_row(j, 'paused')
    return {outcome = 'held', reason = 'spend_cap'}
  elseif broken then
    -- Only this fax is held, since it costs more than the whole cap of the day or of its campaign. A cap in the
    -- settings may change with a restart, so the fax also checks again by itself.
    land(j)
    hold(j, 'spend_cap', now + a.recheck, {detail = broken})
    return {outcome = 'held', reason = 'spend_cap'}
  end

  local attempt = j.attempt + 1
  if j.fax_id ~= '' then redis.call('PEXPIRE', 'fax:fax:' .. j.fax_id, kept(j)) end
  save(j, {fax_id = ''})
  emit(j, 'job.submitted', {attempt = attempt, data = c.data})
  reserve_money(j, c.cost)
  move(j, 'submitting', {
    attempt = attempt, owner = c.owner, submitted = now, rank = 0, provider = '', hold = '', due = '',
    cause = '', asked = 0, listings = 0, hints = 0, rung = c.ladder_step, estimate = whole(c.cost), freed = '',
    submitted_telnyx = c.telnyx_at and whole(c.telnyx_at) or '',
    account = a.account or '', trace = j.trace or c.trace,
  })
  appoint(j, now + a.lease, true)
  return {outcome = 'claimed', attempt = attempt}
end

local epoch, signed
if a.witness then epoch, signed = witness(a.witness) else epoch = is_behind() and 0 or nil end
local answers = {}
for index, wanted in ipairs(a.claims) do
  answers[index] = epoch == 0 and {outcome = 'no', state = 'behind'} or claim(wanted)
  answers[index].epoch, answers[index].signed = epoch, signed
end
return reply(answers)
