-- End a job that was cancelled before its attempt began. Returns the answer, or nil if it was not cancelled.
local function end_cancelled(j)
  if j.cancel ~= '1' then return nil end
  emit(j, 'job.cancelled', {})
  finish(j, 'cancelled')
  return {outcome = 'no', state = 'cancelled'}
end

-- Park a job whose campaign is stopped or whose connection is paused. Returns the answer, or nil if neither is so.
local function park_stopped(j)
  local why = stopped_by_campaign(j)
  if why then
    stop_row(j, why)
    return {outcome = 'held', reason = why}
  end
  local paused = pause_for(j)
  if not paused then return nil end
  if j.granted == '1' then land(j) end
  hold_for_channel(j, 'connection_paused', {detail = paused.reason, ['until'] = tonumber(paused['until'])})
  return {outcome = 'held', reason = 'connection_paused'}
end

-- A job that must not be sent now, even if a channel is free: it is parked, or ends. Returns the answer, or nil if it
-- may be sent.
local function barred(j, connection, sender)
  if not j then return {outcome = 'gone'} end
  if j.state ~= 'queued' and j.state ~= 'held' then return {outcome = 'no', state = j.state} end
  local ended = end_cancelled(j)
  if ended then return ended end
  if tonumber(j.due or '') and tonumber(j.due) > now then
    appoint(j, tonumber(j.due))
    return {outcome = 'held', reason = j.hold, due = tonumber(j.due)}
  end
  local quarantined = quarantined_until(j.to)
  if quarantined then
    emit(j, 'job.rejected', {data = json({reason = 'number_quarantined', ['until'] = quarantined})})
    finish(j, 'failed', {cause = 'number_quarantined'})
    return {outcome = 'no', state = 'failed'}
  end

  if j.granted ~= '1' then
    -- This must happen before the connection changes; otherwise the job would keep its number, and a channel that it
    -- was given on the old connection would never be freed.
    leave(j)
    if j.connection ~= connection then save(j, {turn = ''}) end
    save(j, {connection = connection, sender = sender})
    redis.call('SADD', 'fax:connections', connection)
  end

  return park_stopped(j)
end

-- Record the document that a worker has made from a job's cover and a link, in place of the one that it `knew`. If two
-- workers have made one at the same time, the first one counts, since the link may lead to another document by now. The
-- document of a job that is in flight or has ended stays.
local function keep_composed(j, document, knew)
  if not j or document == '' or (j.state ~= 'queued' and j.state ~= 'held') then return end
  save(j, {unfetched = ''})
  if (j.letter or '') == knew then save(j, {letter = document}) end
end

-- Decide whether number, channel and rate allow a job to be sent now. Returns `go`, with the microseconds until its
-- slot of the rate, the ladder step that is remembered for its number, and the document that was made from its cover
-- and a link; or parks the job and returns `held`. `asked` has `job`, `connection` and `sender`; `composed`, the
-- document that its worker has now, and `knew`, the one that was recorded when the job was read; both may be empty.
local function admit(asked)
  local job, connection, sender = asked.job, asked.connection, asked.sender
  local j = load(job)
  local answer = barred(j, connection, sender)
  keep_composed(j, asked.composed, asked.knew)
  if answer then return answer end

  if j.granted ~= '1' then
    local holder = redis.call('GET', 'fax:line:' .. j.to)
    if holder and holder ~= job then
      hold(j, 'destination_busy')
      wait_for_number(j)
      return {outcome = 'held', reason = 'destination_busy'}
    end
    -- A job that arrives while others wait must wait behind them, unless its class is better.
    local first = redis.call('ZRANGE', 'fax:waiting:' .. j.connection, 0, 0, 'WITHSCORES')
    local others = #first > 0 and math.floor(tonumber(first[2]) / SPAN) <= class_of(j)
    local mine = redis.call('SISMEMBER', 'fax:calls:' .. j.connection, job) == 1
    if not mine and (others or free_channels(j.connection, class_of(j)) < 1) then
      hold_for_channel(j, 'no_channel')
      return {outcome = 'held', reason = 'no_channel'}
    end
  end

  local wait = draw(j.connection, j.granted == '1' and a.ahead_urgent or look_ahead(class_of(j)))
  if not wait then
    if j.granted == '1' then land(j) end
    hold_for_channel(j, 'rate')
    return {outcome = 'held', reason = 'rate'}
  end
  local given = j.granted == '1'
  if not given then
    take_channel(j)
    redis.call('SET', 'fax:line:' .. j.to, job)
    save(j, {granted = '1'})
  end
  score('fax:granted:' .. j.connection, job)
  appoint(j, now + a.hint, given)
  return {
    outcome = 'go', wait = wait, connection = j.connection, sender = j.sender,
    ladder_step = tonumber(redis.call('GET', 'fax:ladder:' .. j.to) or '0'), composed = j.letter,
  }
end
