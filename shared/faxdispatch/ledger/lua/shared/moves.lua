local function index_held(j, fields)
  -- If a job without an end time is held again for the same reason, the time at which its hold began stays.
  if j.state == 'held' and fields.state == 'held' and j.hold == fields.hold and (j.due or '') == ''
    and (fields.due or '') == '' then return end
  if j.state == 'held' and (j.hold or '') ~= '' then score('fax:held:' .. j.hold, j.job) end
  if fields.state ~= 'held' then return end
  redis.call('SADD', 'fax:holds', fields.hold)
  score('fax:held:' .. fields.hold, j.job, tonumber(fields.due) or now)
end

local function move(j, to, fields)
  if j.state ~= to then
    if j.state then
      tally('fax:counts', j.state, -1)
      score('fax:since:' .. j.state, j.job)
    end
    tally('fax:counts', to, 1)
    if not TERMINAL[to] then score('fax:since:' .. to, j.job, now) end
  end
  fields = fields or {}
  fields.state = to
  fields.updated = now
  index_held(j, fields)
  local from = j.state
  save(j, fields)
  if from ~= to and is_row(j) then count_row(j, from, to) end
end

-- Create the job of a pending row. The caller must then put it in one of the places.
local function begin_row(id, generation, tags, row)
  local j = begin(row.job, {
    row = whole(row.row), campaign = id, group = id, generation = generation, attempt = 0, rank = 0, to = row.to,
    sender = row.sender, connection = row.connection, request = row.request, priority = row.priority, tags = tags,
    client_state = row.client_state or '', created = now, fax_id = '',
  })
  enlist('fax:connections', row.connection, true)
  set_code(id, row.row, 'o')
  enlist(campaign_key(id) .. ':open', j.row, true)
  emit(j, 'job.queued', {})
  move(j, 'queued')
  return j
end

-- Park a job with its reason. This is reported once while the job stays parked, or each time with `each_time`. With
-- `due`, the job gets an appointment.
local function hold(j, reason, due, facts, each_time)
  if each_time or not (j.state == 'held' and j.hold == reason) then
    facts = facts or {}
    facts.reason = reason
    if due then facts['until'] = due end
    emit(j, 'job.held', {data = json(facts)})
  end
  move(j, 'held', {hold = reason, due = due or ''})
  if due then appoint(j, due) end
end

-- A cap was raised: up to a thousand of the faxes that cost more than the old cap are checked again now; all others
-- check again by themselves within the hour. Jobs that wait for a channel need no check, since the end of a pause
-- releases them.
local function look_again_for_money()
  for _, job in ipairs(redis.call('ZRANGE', 'fax:held:spend_cap', 0, 999)) do
    local j = redis.call('ZSCORE', 'fax:agenda', job) and load(job)
    if j and j.state == 'held' then
      move(j, 'held', {hold = 'spend_cap', due = now})
      appoint(j, now)
    end
  end
end

-- Park a job until a channel is free.
local function hold_for_channel(j, reason, facts)
  hold(j, reason, nil, facts)
  wait_for_channel(j)
end

-- The number is free: the job that waited longest for it now waits for a channel. If that job's connection is paused or
-- full, it must not keep the number from jobs on other connections, so the best job of each other connection waits for
-- a channel, too. The first one that gets a channel gets the number.
local function wake_next(number)
  local lock, woken = 'fax:line:' .. number, {}
  for _, job in ipairs(redis.call('ZRANGE', lock .. ':waiting', 0, 49)) do
    local other = load(job)
    if not other then
      redis.call('ZREM', lock .. ':waiting', job)
    elseif not woken[other.connection] then
      woken[other.connection] = true
      local paused = pause_of(other.connection)
      move(other, 'held', {hold = paused and 'connection_paused' or 'no_channel', due = ''})
      wait_for_channel(other)
      if not paused and free_channels(other.connection, class_of(other)) > 0 then return end
    end
  end
end

local function wake_for(number)
  if redis.call('EXISTS', 'fax:line:' .. number) == 0 then wake_next(number) end
end

-- This also happens if no job had the number: `j` may have been the job that was chosen to get the number next, and
-- nothing else would notify the others. `j` must not wait for the number itself.
local function give_number_back(j)
  local lock = 'fax:line:' .. j.to
  local holder = redis.call('GET', lock)
  if holder and holder ~= j.job then return end
  redis.call('DEL', lock)
  wake_next(j.to)
end

-- A connection has been paused. A job that was chosen to get its number next and now waits on this connection must not
-- keep the number from others.
local function pause_and_wake(connection, reason, till, more, facts)
  set_pause(connection, reason, till, more, facts)
  for _, job in ipairs(redis.call('ZRANGE', 'fax:waiting:' .. connection, 0, 99)) do
    local number = redis.call('HGET', 'fax:job:' .. job, 'to')
    if number then wake_for(number) end
  end
end

local function land(j)
  give_channel_back(j)
  give_number_back(j)
  score('fax:granted:' .. j.connection, j.job)
  save(j, {granted = ''})
end

-- A row's record is kept longer than its job, which is kept only as long as Telnyx may still report something about it.
local function kept(j)
  return is_row(j) and a.row_kept or a.retention
end

local function forget_later(j)
  write(j)
  redis.call('PEXPIRE', 'fax:job:' .. j.job, kept(j))
  if is_row(j) then
    drop('fax:history:' .. j.job)
  else
    redis.call('PEXPIRE', 'fax:history:' .. j.job, a.retention)
  end
  if j.idem and j.idem ~= '' then redis.call('PEXPIRE', 'fax:idem:' .. j.idem, kept(j)) end
  if j.fax_id and j.fax_id ~= '' then redis.call('PEXPIRE', 'fax:fax:' .. j.fax_id, kept(j)) end
end

-- End a job: only its record stays.
local function finish(j, to, fields)
  settle(j)
  move(j, to, fields)
  leave(j)
  land(j)
  index_end(j)
  count_end(j)
  forget_later(j)
end

-- A campaign stops one of its rows, see `stopped_by_campaign`: the row ends, or is parked until the campaign continues.
-- If it was chosen to get its number next, another job must be chosen.
local function stop_row(j, why)
  if why == 'cancelled' or why == 'suppressed' then
    emit(j, 'job.cancelled', {data = json({reason = why == 'suppressed' and why or 'campaign'})})
    finish(j, 'cancelled', {cause = why == 'suppressed' and why or 'campaign'})
    return
  end
  leave(j)
  land(j)
  hold(j, 'campaign_' .. why)
  wait_for_campaign(j)
end

-- There are two faxes for one job: the surplus one is to be cancelled at Telnyx.
local function keep_surplus(j, fax_id, attempt, why, e)
  emit(j, 'job.conflict', {
    fax_id = fax_id, attempt = attempt, source = e.source,
    data = json({reason = why, state = j.state, current_attempt = j.attempt, current_fax_id = j.fax_id}),
  })
  -- A ledger that went back in time would take faxes that it has lost for surplus ones.
  if not is_behind() then redis.call('ZADD', 'fax:strays', 'NX', now, fax_id) end
end

local function alive_unseen(j)
  return (j.state == 'submitting' or j.state == 'unknown')
    or ((j.state == 'queued' or j.state == 'held') and (j.fax_id or '') == '')
end

-- Telnyx has just accepted a fax on this connection.
local noted = {}

local function note_taken(connection)
  if noted[connection] then return end
  noted[connection] = true
  redis.call('SET', 'fax:accepted:' .. connection, now, 'PX', DAY)
end

-- Evidence that Telnyx has attempt `attempt` of this job as `fax_id`. Returns how the fax relates to the job:
--   bound      the attempt was open; it is accepted now
--   same       known already
--   earlier    an earlier attempt that was known at its time
--   surplus    a second fax that should not be there
--   late       no longer matters: the job has ended without it, or it is bound already in another way
local function bind(j, attempt, fax_id, e)
  if j.fax_id == fax_id then return 'same' end
  if redis.call('EXISTS', 'fax:fax:' .. fax_id) == 1 then return 'earlier' end
  local current = attempt == j.attempt or (attempt > j.attempt and (j.state == 'queued' or j.state == 'held'))
  if current and attempt > 0 and alive_unseen(j) then
    local submitting = j.state == 'submitting'
    -- The record comes before the move, including the fax id, so that the event has it.
    save(j, {fax_id = fax_id})
    emit(j, 'job.accepted', {attempt = attempt, source = e.source, data = json({evidence = e.source, was = j.state})})
    move(j, 'accepted', {attempt = attempt, rank = 0, provider = '', hold = '', due = '', polls = 0})
    redis.call('SET', 'fax:fax:' .. fax_id, j.job .. ':' .. attempt)
    charge_again(j)
    if not (submitting and j.granted == '1') then
      if j.connection ~= '' then take_channel(j) end
      redis.call('SET', 'fax:line:' .. j.to, j.job, 'NX')
    end
    if j.connection ~= '' then note_taken(j.connection) end
    appoint(j, j.cancel == '1' and now or now + a.poll, submitting)
    return 'bound'
  end
  redis.call('SET', 'fax:fax:' .. fax_id, j.job .. ':' .. attempt, 'PX', kept(j))
  keep_surplus(j, fax_id, attempt, 'second fax of one job', e)
  return 'surplus'
end
