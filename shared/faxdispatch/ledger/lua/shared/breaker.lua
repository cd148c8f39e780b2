-- The circuit breaker for calls to send. If several calls in a row fail, for any fax, because Telnyx cannot be reached
-- or answers with a 5xx, the connection is paused. Then one fax at a time tries whether calls succeed again, at growing
-- intervals.
--   fax:failing:<connection>   the last calls since one failed: g good, u unreachable, e a 5xx
-- The pause has besides `tries`, how many have failed since it began, and `probe`, the job that is trying.
local UNREACHABLE, PROBE_TAKES = 3, 60000

local function before_probe(tries)
  local pause
  for each in string.gmatch(a.probe_pauses, '%d+') do
    pause = tonumber(each)
    if tries == 0 then break end
    tries = tries - 1
  end
  return pause
end

-- Record that a call to send this job failed: `u`, `e`, or `t` if no answer came. Returns true if its connection is
-- paused because of that. A call without an answer counts as a failed try, but does not cause a pause by itself.
local function call_failed(j, how)
  local key, pause = 'fax:failing:' .. j.connection, pause_of(j.connection)
  if pause and pause.tries then
    if pause.probe == j.job then
      local tries = tonumber(pause.tries) + 1
      redis.call('HSET', 'fax:paused:' .. j.connection, 'tries', tries, 'probe', '', 'until', whole(now + before_probe(tries)))
    end
    return true
  end
  if pause or how == 't' then return pause ~= nil end
  local recent = string.sub((redis.call('GET', key) or '') .. how, -a.breaker_window)
  redis.call('SET', key, recent, 'PX', DAY)
  local _, bad = string.gsub(recent, 'e', '')
  local reason
  if string.sub(recent, -UNREACHABLE) == string.rep('u', UNREACHABLE) then reason = 'telnyx_unreachable' end
  if bad >= a.breaker_failures then reason = 'telnyx_failing' end
  if not reason then return false end
  redis.call('DEL', key)
  pause_and_wake(j.connection, reason, now + before_probe(0), {'tries', 0, 'probe', ''})
  return true
end

-- Connections that have had no failed call lately, and are not paused.
local well = {}

-- Telnyx gave a definite answer to a call to send.
local function call_answered(connection)
  local key, paused = 'fax:failing:' .. connection, 'fax:paused:' .. connection
  if well[connection] then return end
  if redis.call('EXISTS', key, paused) == 0 then
    well[connection] = true
    return
  end
  if redis.call('HEXISTS', paused, 'tries') == 1 then
    redis.call('DEL', paused, key)
    emit_about(connection, 'connection.resumed', {
      source = a.source, data = json({connection_id = connection, reason = 'answered'}),
    })
    return
  end
  local recent = string.sub((redis.call('GET', key) or '') .. 'g', -a.breaker_window)
  if string.find(recent, '[ue]') then redis.call('SET', key, recent, 'PX', DAY) else redis.call('DEL', key) end
end

-- Whether it is time for one fax to try a connection that is paused because its calls fail. If the chosen fax is held
-- back by something else, the next one tries.
local function may_try(pause)
  if tonumber(pause['until']) <= now then return true end
  if pause.probe == '' then return false end
  local j = load(pause.probe)
  return not j or (j.state ~= 'submitting' and j.granted ~= '1')
end
