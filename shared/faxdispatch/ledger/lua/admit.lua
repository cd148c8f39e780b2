-- May this job be sent now? Go, with the microseconds to wait for the rate; or held, and parked accordingly.
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

local paused = hash('fax:paused:' .. a.connection)
if paused and tonumber(paused['until']) <= now then
  redis.call('DEL', 'fax:paused:' .. a.connection)
  emit_about(a.connection, 'connection.resumed', {source = 'worker', data = json({connection_id = a.connection})})
  paused = nil
end
if paused then
  if j.granted == '1' then land(j) end
  hold(j, 'connection_paused', tonumber(paused['until']), paused.reason)
  return reply({outcome = 'held', reason = 'connection_paused', due = tonumber(paused['until'])})
end

if j.granted ~= '1' then
  -- Before the connection is another one: its line would keep the job, and a channel given there would never come back.
  leave(j)
  save(j, {connection = a.connection, sender = a.sender})
  redis.call('SADD', 'fax:connections', a.connection)
  local holder = redis.call('GET', 'fax:line:' .. j.to)
  if holder and holder ~= a.job then
    hold(j, 'destination_busy')
    wait_for_line(j)
    return reply({outcome = 'held', reason = 'destination_busy'})
  end
  -- Nobody jumps the line: who comes while others wait, waits behind them.
  local calls = 'fax:calls:' .. a.connection
  local mine = redis.call('SISMEMBER', calls, a.job) == 1
  local others = redis.call('ZCARD', 'fax:waiting:' .. a.connection)
  if not mine and (redis.call('SCARD', calls) >= channel_limit(a.connection) or others > 0) then
    hold(j, 'no_channel')
    wait_for_channel(j)
    return reply({outcome = 'held', reason = 'no_channel'})
  end
  redis.call('SADD', calls, a.job)
  redis.call('SET', 'fax:line:' .. j.to, a.job)
  save(j, {granted = '1'})
end
appoint(j, now + a.hint)
return reply({outcome = 'go'})
