-- Give free channels to the jobs that wait for them, the best first, to as many as the rate will have slots for.
-- Returns the jobs about which a worker must get a message.
-- Keys: fax:agenda, fax:calls, fax:calls:*, fax:campaign:*, fax:campaign:*:parked, fax:channels, fax:channels:*,
--   fax:connections, fax:counts, fax:ended, fax:events, fax:fax:*, fax:granted:*, fax:held:*, fax:history:*, fax:holds,
--   fax:idem:*, fax:index:*, fax:index:*:names:*, fax:index:causes, fax:job:*, fax:limits, fax:line:*,
--   fax:line:*:waiting, fax:other:*, fax:paused:*, fax:pick, fax:rate, fax:rate:*, fax:shut, fax:since:*, fax:spend:*,
--   fax:spend:campaign:*, fax:suppressed, fax:suppressed:until, fax:turn:*, fax:turns:*:*, fax:waiting:*
local picked, looked, everywhere, promised_here, slots, reached = {}, 0, 0, {}, {}, {}

-- No slot is taken while jobs are picked, so this stays the same.
local function slot_of(connection)
  if not slots[connection] then slots[connection] = next_slot(connection) end
  return slots[connection]
end

-- The first on a connection's waiting list gets a channel: returns true if the next one may try.
local function pick_one(connection)
  local waiting = 'fax:waiting:' .. connection
  while looked < a.limit do
    local first = redis.call('ZRANGE', waiting, 0, 0, 'WITHSCORES')
    if #first == 0 then return false end
    looked = looked + 1
    local job, place = first[1], tonumber(first[2])
    local class = math.floor(place / SPAN)
    local j = load(job)
    local holder = j and redis.call('GET', 'fax:line:' .. j.to)
    if not j or (j.state ~= 'held' and j.state ~= 'queued') then
      redis.call('ZREM', waiting, job)
    elseif stopped_by_campaign(j) then
      stop_row(j, stopped_by_campaign(j))
    elseif holder and holder ~= job then
      move(j, 'held', {hold = 'destination_busy', due = ''})
      wait_for_number(j)
    else
      if not finds_channel(connection, class) then return false end
      local here = promised_here[connection]
      if not slot_is_near(slot_of(connection), look_ahead(class), here, everywhere) then return false end
      take_channel(j)
      redis.call('SET', 'fax:line:' .. j.to, job)
      save(j, {granted = '1'})
      redis.call('ZREM', waiting, job)
      score('fax:agenda', job, now + a.hint)
      score('fax:granted:' .. connection, job, now)
      reached[connection][class] = math.max(place, reached[connection][class] or 0)
      everywhere, promised_here[connection] = everywhere + 1, promised_here[connection] + 1
      picked[#picked + 1] = {job = job, urgent = class == CLASS.urgent, row = is_row(j)}
      return true
    end
  end
  return false
end

-- One job tries whether Telnyx answers again. If that job reports nothing, another one tries.
local function probe(connection)
  if not pick_one(connection) then return end
  redis.call('HSET', 'fax:paused:' .. connection, 'probe', picked[#picked].job, 'until', whole(now + PROBE_TAKES))
end

local connections, open, failing = redis.call('SMEMBERS', 'fax:connections'), {}, {}
for _, connection in ipairs(connections) do
  promised_here[connection], reached[connection] = promised(connection), {}
  everywhere = everywhere + promised_here[connection]
  local pause = pause_of(connection)
  if pause and pause.tries then
    if may_try(pause) then failing[#failing + 1] = connection end
  elseif not pause then
    local idle = redis.call('ZCARD', 'fax:waiting:' .. connection) == 0
    if not idle then
      open[#open + 1] = connection
    elseif #connections > 100 and redis.call('SCARD', 'fax:calls:' .. connection) == 0 then
      -- A job can name any connection, so unused ones must be forgotten at some time.
      redis.call('SREM', 'fax:connections', connection)
    end
  end
end
for _, connection in ipairs(failing) do probe(connection) end
local turn = #open > 0 and redis.call('INCR', 'fax:pick') % #open or 0
while #open > 0 and looked < a.limit do
  turn = turn % #open + 1
  if not pick_one(open[turn]) then
    table.remove(open, turn)
    turn = turn - 1
  end
end
for connection, places in pairs(reached) do
  for _, place in pairs(places) do served(connection, place) end
end
return reply({jobs = picked})
