-- Appointments and waiting lists: where an open job waits.

-- It is in exactly one place, mostly on the agenda.
local function leave(j)
  if scores['fax:agenda'] then scores['fax:agenda'][j.job] = nil end
  if redis.call('ZREM', 'fax:agenda', j.job) == 1 then return end
  if j.connection ~= '' and redis.call('ZREM', 'fax:waiting:' .. j.connection, j.job) == 1 then return end
  if redis.call('ZREM', 'fax:line:' .. j.to .. ':waiting', j.job) == 1 then return end
  if (j.row or '') ~= '' then redis.call('ZREM', 'fax:campaign:' .. j.campaign .. ':parked', j.job) end
end

-- `nowhere_else` says that it is on no waiting list.
local function appoint(j, at, nowhere_else)
  if nowhere_else or (scores['fax:agenda'] or {})[j.job] then
    score('fax:agenda', j.job, at)
    return
  end
  if redis.call('ZADD', 'fax:agenda', 'XX', 'CH', at, j.job) == 1 then return end
  leave(j)
  redis.call('ZADD', 'fax:agenda', at, j.job)
end

local SPAN = 1e13

local function class_of(j)
  return CLASS[j.priority] or 1
end

-- The place on a connection's waiting list: class, then turn. Turns are start-time fair queueing with one unit for each
-- fax: each group (a campaign, or a producer's first tag) continues from its own last turn, but never from before the
-- turn that is served now. Thus a group with a single fax goes next after each other group has had one turn, however
-- many faxes the others have.
--   fax:turns:<connection>:<class>   each group's last turn
--   fax:turn:<connection>            the turn that is served now, by class
local function standing(j)
  if (j.turn or '') ~= '' then return tonumber(j.turn) end
  local class, group = class_of(j), j.group or ''
  local turns = 'fax:turns:' .. j.connection .. ':' .. class
  local last = scores[turns] and scores[turns][group]
  if not last then
    local served = tonumber(redis.call('HGET', 'fax:turn:' .. j.connection, class) or '0')
    last = math.max(served, tonumber(redis.call('ZSCORE', turns, group) or '0'))
  end
  local turn = last + 1
  score(turns, group, turn)
  local place = class * SPAN + turn
  -- The turn is kept until an attempt has failed, so a job that must wait again for another reason gets its old place.
  save(j, {turn = whole(place)})
  return place
end

local function served(connection, place)
  local class, turn = math.floor(place / SPAN), place % SPAN
  local key = 'fax:turn:' .. connection
  if turn <= tonumber(redis.call('HGET', key, class) or '0') then return end
  redis.call('HSET', key, class, whole(turn))
  redis.call('ZREMRANGEBYSCORE', 'fax:turns:' .. connection .. ':' .. class, '-inf', turn)
end

local function join_waiting_list(j)
  redis.call('ZADD', 'fax:waiting:' .. j.connection, standing(j), j.job)
end

local function wait_for_channel(j)
  leave(j)
  join_waiting_list(j)
end

-- Rows that were never tried come before those that were.
local function wait_for_campaign(j)
  leave(j)
  redis.call('ZADD', 'fax:campaign:' .. j.campaign .. ':parked', j.attempt * SPAN + tonumber(j.row), j.job)
end

local function wait_for_number(j)
  leave(j)
  -- It gets its turn now, so that it does not go behind jobs that come before the number is free.
  standing(j)
  redis.call('ZADD', 'fax:line:' .. j.to .. ':waiting', class_of(j) * SPAN + tonumber(j.created), j.job)
end
