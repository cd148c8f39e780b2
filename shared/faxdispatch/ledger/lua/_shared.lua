-- What every move shares. Each script is this text followed by its own.
--
-- ARGV[1] is one JSON object; the reply is one JSON text. Times are milliseconds of Redis' own clock.
-- An open job is always in exactly one of three places, so that it can never be forgotten:
--   fax:agenda                  sorted by the time at which the scheduler must look at it
--   fax:waiting:<connection>    the line for a free channel, best first
--   fax:line:<number>:waiting   the line for a busy number, best first
-- A job in flight holds a place in fax:calls:<connection> and the string fax:line:<number>; both are given back by
-- the same atomic move that ends the flight, so they cannot leak.
-- fax:since:<state> has the jobs in each open state by the time at which they came there; for `accepted` it is the time
-- of Telnyx' last news.

local a = cjson.decode(ARGV[1])

local now = a.now
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local TERMINAL = {delivered = true, failed = true, cancelled = true}
local CLASS = {urgent = 0, normal = 1, bulk = 2}

local function reply(t)
  return cjson.encode(t)
end

-- Records -----------------------------------------------------------------------------------------------------------

local function hash(key)
  local flat = redis.call('HGETALL', key)
  if #flat == 0 then return nil end
  local t = {}
  for i = 1, #flat, 2 do t[flat[i]] = flat[i + 1] end
  return t
end

local function load(job)
  local j = hash('fax:job:' .. job)
  if not j then return nil end
  j.job = job
  j.attempt = tonumber(j.attempt)
  j.seq = tonumber(j.seq)
  j.rank = tonumber(j.rank)
  return j
end

local function save(j, fields)
  local flat = {}
  for name, value in pairs(fields) do
    j[name] = value
    flat[#flat + 1] = name
    flat[#flat + 1] = value
  end
  redis.call('HSET', 'fax:job:' .. j.job, unpack(flat))
end

-- Events ------------------------------------------------------------------------------------------------------------

-- The stream entry comes before anything that remembers it: Lua does not roll back, and a fact told twice can be
-- recognised by its id, a fact never told cannot.
local function publish(kind, e)
  local entry = {
    id = e.id, type = kind, job_id = e.job or '', fax_id = e.fax_id or '', attempt = e.attempt or '', seq = e.seq,
    occurred_at = e.occurred_at or now, source = e.source, note = e.note or '', campaign_id = e.campaign or '',
    tags = e.tags or '[]', client_state = e.client_state or '', data = e.data or '{}',
  }
  local flat = {}
  for name, value in pairs(entry) do
    if type(value) == 'number' then value = string.format('%d', value) end
    entry[name] = value
    flat[#flat + 1] = name
    flat[#flat + 1] = value
  end
  redis.call('XADD', 'fax:events', 'MAXLEN', '~', a.maxlen, '*', unpack(flat))
  return entry
end

-- Tell a fact of a job: stream, then history, then the job's own count.
local function emit(j, kind, e)
  local seq = j.seq + 1
  local entry = publish(kind, {
    id = e.id or (j.job .. '-' .. seq), job = j.job, fax_id = e.fax_id or j.fax_id, attempt = e.attempt or j.attempt,
    seq = seq, occurred_at = e.occurred_at, source = e.source or a.source, note = e.note, campaign = j.campaign,
    tags = j.tags, client_state = j.client_state, data = e.data,
  })
  redis.call('RPUSH', 'fax:history:' .. j.job, cjson.encode(entry))
  save(j, {seq = seq, updated = now})
end

-- Tell a fact that belongs to no job; such facts are counted by what they are about.
local function emit_about(subject, kind, e)
  local key = 'fax:other:' .. subject
  e.seq = redis.call('HINCRBY', key, 'seq', 1)
  e.id = e.id or (subject .. '-' .. e.seq)
  redis.call('PEXPIRE', key, a.retention)
  publish(kind, e)
end

local function json(t)
  if next(t) == nil then return '{}' end
  return cjson.encode(t)
end

-- Whatever holds a job says until when in the same word.
local function until_then(data, due)
  local facts = cjson.decode(data)
  facts['until'] = due
  return cjson.encode(facts)
end

-- Appointments, channels and lines ----------------------------------------------------------------------------------

local function leave(j)
  redis.call('ZREM', 'fax:agenda', j.job)
  redis.call('ZREM', 'fax:line:' .. j.to .. ':waiting', j.job)
  if j.connection and j.connection ~= '' then redis.call('ZREM', 'fax:waiting:' .. j.connection, j.job) end
end

local function appoint(j, at)
  leave(j)
  redis.call('ZADD', 'fax:agenda', at, j.job)
end

local function standing(j)
  local from = math.max(tonumber(j.created), tonumber(j.due or '') or 0)
  return (CLASS[j.priority] or 1) * 1e13 + from
end

local function wait_for_channel(j)
  leave(j)
  redis.call('ZADD', 'fax:waiting:' .. j.connection, standing(j), j.job)
end

local function wait_for_line(j)
  leave(j)
  redis.call('ZADD', 'fax:line:' .. j.to .. ':waiting', standing(j), j.job)
end

local function give_channel_back(j)
  if j.connection and j.connection ~= '' then redis.call('SREM', 'fax:calls:' .. j.connection, j.job) end
end

-- The number is free: whoever waited longest for it goes on to wait for a channel.
local function give_line_back(j)
  local line = 'fax:line:' .. j.to
  if redis.call('GET', line) ~= j.job then return end
  redis.call('DEL', line)
  local following = redis.call('ZPOPMIN', line .. ':waiting')
  if #following == 0 then return end
  local other = load(following[1])
  if other then wait_for_channel(other) end
end

local function land(j)
  give_channel_back(j)
  give_line_back(j)
  save(j, {granted = ''})
end

local function channel_limit(connection)
  if a.channels ~= 'auto' then return a.channels end
  return math.floor(tonumber(redis.call('GET', 'fax:channels:' .. connection) or '2'))
end

-- Moves -------------------------------------------------------------------------------------------------------------

local function move(j, to, fields)
  if j.state ~= to then
    if j.state then
      redis.call('HINCRBY', 'fax:counts', j.state, -1)
      redis.call('ZREM', 'fax:since:' .. j.state, j.job)
    end
    redis.call('HINCRBY', 'fax:counts', to, 1)
    if not TERMINAL[to] then redis.call('ZADD', 'fax:since:' .. to, now, j.job) end
  end
  fields = fields or {}
  fields.state = to
  fields.updated = now
  save(j, fields)
end

local function forget_later(j)
  redis.call('PEXPIRE', 'fax:job:' .. j.job, a.retention)
  redis.call('PEXPIRE', 'fax:history:' .. j.job, a.retention)
  if j.idem and j.idem ~= '' then redis.call('PEXPIRE', 'fax:idem:' .. j.idem, a.retention) end
  if j.fax_id and j.fax_id ~= '' then redis.call('PEXPIRE', 'fax:fax:' .. j.fax_id, a.retention) end
end

-- A terminal state: nothing of the job stays anywhere but its record.
local function finish(j, to, fields)
  move(j, to, fields)
  land(j)
  leave(j)
  forget_later(j)
end

local function hold(j, reason, due, detail)
  local told = j.state == 'held' and j.hold == reason
  if not told then
    local facts = {reason = reason, detail = detail}
    if due then facts['until'] = due end
    emit(j, 'job.held', {data = json(facts)})
  end
  move(j, 'held', {hold = reason, due = due or ''})
  if due then appoint(j, due) end
end

-- Two faxes for one job: the one that we did not expect is to be cancelled at Telnyx.
local function stray(j, fax_id, attempt, why, e)
  emit(j, 'job.conflict', {
    fax_id = fax_id, attempt = attempt, source = e.source,
    data = json({reason = why, state = j.state, current_attempt = j.attempt, current_fax_id = j.fax_id}),
  })
  redis.call('ZADD', 'fax:strays', 'NX', now, fax_id)
end

local function alive_unseen(j)
  return (j.state == 'submitting' or j.state == 'unknown')
    or ((j.state == 'queued' or j.state == 'held') and (j.fax_id or '') == '')
end

-- Evidence that Telnyx has attempt `attempt` of this job as `fax_id`. Says what it was:
--   bound      the attempt was open; it is accepted now
--   same       known already
--   earlier    an earlier attempt that was known at its time
--   stray      a second fax that should not be there
--   late       no longer matters: the job has ended without it, or it is bound already in another way
local function bind(j, attempt, fax_id, e)
  if j.fax_id == fax_id then return 'same' end
  if redis.call('EXISTS', 'fax:fax:' .. fax_id) == 1 then return 'earlier' end
  local current = attempt == j.attempt or (attempt > j.attempt and (j.state == 'queued' or j.state == 'held'))
  if current and attempt > 0 and alive_unseen(j) then
    -- The record comes before the move, the fax id with it, so that the event carries it.
    j.fax_id = fax_id
    emit(j, 'job.accepted', {attempt = attempt, source = e.source, data = json({evidence = e.source, was = j.state})})
    move(j, 'accepted', {attempt = attempt, fax_id = fax_id, rank = 0, provider = '', hold = '', due = '', polls = 0})
    redis.call('SET', 'fax:fax:' .. fax_id, j.job .. ':' .. attempt)
    if j.connection and j.connection ~= '' then redis.call('SADD', 'fax:calls:' .. j.connection, j.job) end
    redis.call('SET', 'fax:line:' .. j.to, j.job, 'NX')
    appoint(j, j.cancel == '1' and now or now + a.poll)
    return 'bound'
  end
  redis.call('SET', 'fax:fax:' .. fax_id, j.job .. ':' .. attempt, 'PX', a.retention)
  stray(j, fax_id, attempt, 'second fax of one job', e)
  return 'stray'
end
