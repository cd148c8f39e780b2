-- What all workers share: channels, pauses, the rate.

-- Limits that an operator set while processes run override the settings: hash fax:limits, in the units of the rules;
-- `none` means no limit.
local set_limits
local function ruled(name)
  set_limits = set_limits or hash('fax:limits') or {}
  local value = set_limits[name]
  if value == 'none' then return nil end
  return value and (tonumber(value) or value) or a[name]
end

-- The values of `auto` limits that this script has read or written.
local estimates = {}

local function estimate_of(key)
  if estimates[key] == nil then estimates[key] = tonumber(redis.call('GET', key) or nil) or false end
  return estimates[key]
end

local function believe(key, estimate)
  redis.call('SET', key, estimate % 1 == 0 and whole(estimate) or string.format('%.4f', estimate))
  estimates[key] = estimate
end

local function fixed_or(setting, key, otherwise)
  if setting ~= 'auto' then return setting end
  local estimate = estimate_of(key)
  return estimate and math.floor(estimate) or otherwise
end

-- An estimate begins with the two channels of a new Telnyx account. The account as a whole has no estimate until Telnyx
-- says that it is full.
local function channel_limit(connection)
  return fixed_or(ruled('channels'), 'fax:channels:' .. connection, 2)
end

local function account_limit()
  return fixed_or(ruled('account_channels'), 'fax:channels', math.huge)
end

-- Channels that bulk faxes leave free, so that an urgent fax need not wait for the end of a call.
local function kept_from_bulk(limit)
  if a.urgent_channels ~= 'auto' then return math.min(a.urgent_channels, limit - 1) end
  return limit >= 4 and 1 or 0
end

-- How many jobs hold a channel; each set is counted only once.
local used = {}

local function in_use(key)
  used[key] = used[key] or redis.call('SCARD', key)
  return used[key]
end

local function free_channels(connection, class)
  local limit, account = channel_limit(connection), account_limit()
  local kept = class == CLASS.bulk and kept_from_bulk(math.min(limit, account)) or 0
  return math.min(limit - in_use('fax:calls:' .. connection), account - in_use('fax:calls')) - kept
end

local function take_channel(j)
  for _, key in ipairs({'fax:calls:' .. j.connection, 'fax:calls'}) do
    local added = redis.call('SADD', key, j.job)
    if used[key] then used[key] = used[key] + added end
  end
end

local function give_channel_back(j)
  if j.connection == '' then return end
  for _, key in ipairs({'fax:calls:' .. j.connection, 'fax:calls'}) do
    local removed = redis.call('SREM', key, j.job)
    if used[key] then used[key] = used[key] - removed end
  end
end

-- The estimate for an `auto` limit, key .. ':full': `bound` is the current estimate, since Telnyx had no channel free.
-- `left` is how many more faxes must go through with all channels in use before one more channel is tried, so about one
-- fax in forty is spent on trying. Since calls may be long and few, one more is also tried at the time `next`. `step`
-- is how many more are tried at once; it grows while tries succeed. Each refusal doubles the next `pause`.
local PROBE_AFTER = 40
local PROBE_SOON, PROBE_LATEST = 10000, 40000

-- Telnyx had no channel free for a fax that was submitted at `submitted`. The calls in flight show how many channels
-- there are. Since some calls may just have ended, the estimate never drops below half of what it was. Faxes that were
-- in flight together all fail for the same reason, so only the first of them lowers the estimate.
local function cut_channels(connection, scope, submitted)
  local setting, key, limit = ruled('channels'), 'fax:channels:' .. connection, nil
  local up = in_use('fax:calls' .. (scope == 'account' and '' or ':' .. connection))
  if scope == 'account' then
    setting, key = ruled('account_channels'), 'fax:channels'
    limit = math.min(account_limit(), up + 1)
  else
    limit = channel_limit(connection)
  end
  if setting ~= 'auto' then return end
  local mark = key .. ':full'
  local known = tonumber(redis.call('HGET', mark, 'at') or '0')
  local most = submitted > known and limit - 1 or limit
  local found = math.max(1, math.floor(limit / 2), math.min(most, up))
  believe(key, found)
  local pause = tonumber(redis.call('HGET', mark, 'pause') or '0')
  if submitted > known then pause = math.max(PROBE_SOON, math.min(PROBE_LATEST, 2 * pause)) end
  redis.call('HSET', mark, 'bound', math.max(1, most), 'left', PROBE_AFTER, 'at', whole(now), 'pause', whole(pause),
    'next', whole(now + pause))
end

-- Try more channels than the estimate, when all estimated channels are in use.
local function try_more(key, limit, mark)
  local step, pause = 1, tonumber(mark.pause or PROBE_SOON)
  if tonumber(mark.tried or '0') > tonumber(mark.at or '0') then
    step, pause = math.min(2 * tonumber(mark.step), math.ceil(limit / 2)), PROBE_SOON
  end
  local found = limit + step
  believe(key, found)
  redis.call('HSET', key .. ':full', 'bound', math.max(found, tonumber(mark.bound)), 'left', found, 'step', step,
    'tried', whole(now), 'pause', whole(pause), 'next', whole(now + PROBE_SOON))
end

-- Faxes wait, and all estimated channels are in use.
local function try_in_time(key, limit)
  local mark = hash(key .. ':full')
  if mark and now >= tonumber(mark.next or '0') then try_more(key, limit, mark) end
end

-- Whether a waiting fax may have a channel, if necessary by trying one more than the estimate.
local function finds_channel(connection, class)
  if free_channels(connection, class) >= 1 then return true end
  local here, account = channel_limit(connection), account_limit()
  local kept = class == CLASS.bulk and kept_from_bulk(math.min(here, account)) or 0
  if ruled('channels') == 'auto' and here - in_use('fax:calls:' .. connection) <= kept then
    try_in_time('fax:channels:' .. connection, here)
  end
  if ruled('account_channels') == 'auto' and account - in_use('fax:calls') <= kept then
    try_in_time('fax:channels', account)
  end
  return free_channels(connection, class) >= 1
end

-- A fax went through while all channels were in use: there may be more.
local function grow(key, limit, in_flight)
  if in_flight < limit - kept_from_bulk(limit) then return end
  local estimate, mark = math.max(limit, estimate_of(key) or 0), key .. ':full'
  local bound = tonumber(redis.call('HGET', mark, 'bound'))
  if not bound then
    -- Telnyx was never full: adding one channel for each fax doubles the estimate with each round of faxes.
    estimate = estimate + 1
  elseif limit < bound then
    estimate = math.min(bound, estimate + 1 / estimate)
  else
    if redis.call('HINCRBY', mark, 'left', -1) <= 0 then try_more(key, limit, hash(mark)) end
    return
  end
  believe(key, estimate)
end

-- Call this before the fax frees its channel.
local function grow_channels(connection)
  local account = account_limit()
  if ruled('channels') == 'auto' then
    grow('fax:channels:' .. connection, channel_limit(connection), in_use('fax:calls:' .. connection))
  end
  if ruled('account_channels') == 'auto' and account < math.huge then
    grow('fax:channels', account, in_use('fax:calls'))
  end
end

-- Connections that this script has found not to be paused.
local not_paused = {}

-- A connection's pause, or nil if it has none or it has ended.
local function pause_of(connection)
  if not_paused[connection] then return nil end
  local pause = hash('fax:paused:' .. connection)
  if not pause then not_paused[connection] = true end
  if pause and not pause.tries and tonumber(pause['until']) <= now then
    redis.call('DEL', 'fax:paused:' .. connection)
    emit_about(connection, 'connection.resumed', {source = a.source, data = json({connection_id = connection})})
    return nil
  end
  return pause
end

-- The pause that stops a job: none if this job is the one that tries whether Telnyx answers again, see `breaker.lua`.
local function pause_for(j)
  local pause = pause_of(j.connection)
  if pause and pause.probe == j.job then return nil end
  return pause
end

-- `facts` has further facts for the event of a pause by a person, which is reported even if the connection is already
-- paused.
local function set_pause(connection, reason, till, more, facts)
  local key = 'fax:paused:' .. connection
  local known = pause_of(connection)
  not_paused[connection] = nil
  redis.call('SADD', 'fax:connections', connection)
  -- A longer pause has its own reason, so a shorter one does not replace it. A pause because of a spent cap or failing
  -- calls is set again if its cause persists.
  local found_again = known and (known.reason == 'spend_cap' or known.tries)
  if known and not found_again and tonumber(known['until']) > till then return end
  redis.call('DEL', key)
  redis.call('HSET', key, 'reason', reason, 'until', whole(till), unpack(more or {}))
  if not known or facts then
    facts = facts or {}
    facts.connection_id, facts.reason, facts['until'] = connection, reason, till
    emit_about(connection, 'connection.paused', {source = a.source, data = json(facts)})
  end
end

-- The rate is GCRA with reservations: fax:rate, and fax:rate:<connection> if connections have their own rate, are the
-- theoretical arrival times of the next call. A call that may look further ahead goes first: while it holds the nearest
-- slots, other calls find none. fax:shut is the time until which Telnyx wants no calls.
local shut, known_buckets = nil, {}

local function shut_until()
  shut = shut or tonumber(redis.call('GET', 'fax:shut') or '0')
  return shut
end

local function bucket_of(key, interval)
  local bucket = known_buckets[key]
  if not bucket then
    bucket = {key = key, interval = interval, arrival = tonumber(redis.call('GET', key) or '0')}
    known_buckets[key] = bucket
  end
  return bucket
end

local function next_slot(connection)
  local buckets = {bucket_of('fax:rate', ruled('interval'))}
  if connection and a.connection_interval then
    buckets[2] = bucket_of('fax:rate:' .. connection, a.connection_interval)
  end
  local at = math.max(micros, shut_until())
  for _, bucket in ipairs(buckets) do at = math.max(at, bucket.arrival - a.slack * bucket.interval) end
  return at, buckets
end

local function write_bucket(bucket)
  local ahead = (bucket.arrival - micros) / 1000
  redis.call('SET', bucket.key, whole(bucket.arrival), 'PX', whole(math.max(600000, 2 * ahead)))
end

-- Reserve the next slot. Returns the microseconds until it; or nil and how many there would have been.
local function draw(connection, ahead)
  local at, buckets = next_slot(connection)
  if at - micros > ahead then return nil, at - micros end
  for _, bucket in ipairs(buckets) do
    bucket.arrival = math.max(at, bucket.arrival) + bucket.interval
    if not bucket.drawn then at_end[#at_end + 1] = function() write_bucket(bucket) end end
    bucket.drawn = true
  end
  return at - micros
end

-- The number of channels whose jobs have not taken a slot yet. A promised slot counts for only two seconds, since the
-- job's message may be lost.
local function promised(connection)
  local key = 'fax:granted:' .. connection
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now - 2000)
  return redis.call('ZCARD', key)
end

-- Whether one more fax may get a channel and will find a slot when a worker takes it: `at` is the time of the next
-- slot; `here` and `everywhere` are the numbers of faxes that got one before.
local function slot_is_near(at, ahead, here, everywhere)
  local wait = at - micros + everywhere * ruled('interval')
  if a.connection_interval then wait = math.max(wait, at - micros + here * a.connection_interval) end
  return wait <= ahead
end

local function look_ahead(class)
  return class == CLASS.urgent and a.ahead_urgent or a.ahead
end
