-- May this job be sent now? `go`, with the microseconds to wait for its slot of the rate and the rung of the ladder that
-- is remembered for its number; or `held`, and parked accordingly.
local j = load(a.job)
if not j then return reply({outcome = 'gone'}) end
if j.state ~= 'queued' and j.state ~= 'held' then return reply({outcome = 'no', state = j.state}) end
if j.cancel == '1' then
  emit(j, 'job.cancelled', {})
  finish(j, 'cancelled')
  return reply({outcome = 'no', state = 'cancelled'})
end
if tonumber(j.due or '') and tonumber(j.due) > now then
  appoint(j, tonumber(j.due))
  return reply({outcome = 'held', reason = j.hold, due = tonumber(j.due)})
end
local quarantined = quarantined_until(j.to)
if quarantined then
  emit(j, 'job.rejected', {data = json({reason = 'number_quarantined', ['until'] = quarantined})})
  finish(j, 'failed', {cause = 'number_quarantined'})
  return reply({outcome = 'no', state = 'failed'})
end

local function held(reason)
  return reply({outcome = 'held', reason = reason})
end

if j.granted ~= '1' then
  -- Before the connection is another one: its line would keep the job, and a channel given there would never come back.
  leave(j)
  if j.connection ~= a.connection then save(j, {turn = ''}) end
  save(j, {connection = a.connection, sender = a.sender})
  redis.call('SADD', 'fax:connections', a.connection)
end

local paused = pause_of(j.connection)
if paused then
  if j.granted == '1' then land(j) end
  line_up(j, 'connection_paused', {detail = paused.reason, ['until'] = tonumber(paused['until'])})
  return held('connection_paused')
end

if j.granted ~= '1' then
  local holder = redis.call('GET', 'fax:line:' .. j.to)
  if holder and holder ~= a.job then
    hold(j, 'destination_busy')
    wait_for_line(j)
    return held('destination_busy')
  end
  -- Nobody jumps the line: who comes while others wait, waits behind them, unless it is of a better class.
  local first = redis.call('ZRANGE', 'fax:waiting:' .. j.connection, 0, 0, 'WITHSCORES')
  local others = #first > 0 and math.floor(tonumber(first[2]) / SPAN) <= class_of(j)
  local mine = redis.call('SISMEMBER', 'fax:calls:' .. j.connection, a.job) == 1
  if not mine and (others or free_channels(j.connection, class_of(j)) < 1) then
    line_up(j, 'no_channel')
    return held('no_channel')
  end
end

local wait = draw(j.connection, j.granted == '1' and a.ahead_urgent or look_ahead(class_of(j)))
if not wait then
  if j.granted == '1' then land(j) end
  line_up(j, 'rate')
  return held('rate')
end
if j.granted ~= '1' then
  take_channel(j)
  redis.call('SET', 'fax:line:' .. j.to, a.job)
  save(j, {granted = '1'})
end
redis.call('ZREM', 'fax:granted:' .. j.connection, a.job)
appoint(j, now + a.hint)
return reply({
  outcome = 'go', wait = wait, connection = j.connection, sender = j.sender,
  rung = tonumber(redis.call('GET', 'fax:ladder:' .. j.to) or '0'),
})
