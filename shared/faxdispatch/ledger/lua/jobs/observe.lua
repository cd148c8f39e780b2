-- Record what Telnyx reports about faxes, by webhook or in an answer: each fact once, with the change of state that
-- follows. Returns an answer for each observation; several give the same result as one after the other. Written last:
-- if something fails before, no observation is remembered, and each can be reported again.
-- Keys: fax:accepted:*, fax:agenda, fax:bad:*, fax:calls, fax:calls:*, fax:campaign:*, fax:campaign:*:parked,
--   fax:channels, fax:channels:*, fax:coming, fax:connections, fax:counts, fax:deletions, fax:documents:given_up,
--   fax:documents:stored, fax:documents:wanted, fax:ended, fax:events, fax:fax:*, fax:granted:*, fax:held:*,
--   fax:history:*, fax:holds, fax:idem:*, fax:inbound:*, fax:index:*, fax:index:*:names:*, fax:index:causes, fax:job:*,
--   fax:ladder:*, fax:ledger, fax:limits, fax:line:*, fax:line:*:waiting, fax:other:*, fax:paused:*, fax:quarantine,
--   fax:quarantined, fax:seen:*, fax:since:*, fax:since:accepted, fax:spend:*, fax:spend:campaign:*, fax:strays,
--   fax:turn:*, fax:turns:*:*, fax:waiting:*
local remembered = {}

local function observe()
  local seen_key = 'fax:seen:' .. a.event
  local seen = remembered[seen_key] and remembered[seen_key].digest or redis.call('GET', seen_key)
  if seen then
    return {outcome = (seen == a.digest) and 'duplicate' or 'differs'}
  end

  local j, attempt = nil, a.attempt

  local function remember(outcome, extra)
    remembered[seen_key] = {digest = a.digest, kept = j and is_row(j) and a.row_kept or a.seen}
    local t = extra or {}
    t.outcome, t.trace = outcome, j and j.trace
    return t
  end

  if a.job then j = load(a.job) end
  if not j and a.fax_id then
    local known = redis.call('GET', 'fax:fax:' .. a.fax_id)
    if known then
      local job, number = string.match(known, '^(.+):(%d+)$')
      j, attempt = load(job), tonumber(number)
    end
  end

  -- A failure without a direction is about an inbound fax if the ledger knows that fax as inbound.
  local f = not j and a.fax_id and inbound(a.fax_id) or nil

  local foreign = (a.foreign and not (j and j.connection == a.connection) and a.foreign)
    or (a.elsewhere and not j and not f and 'foreign address')
  if foreign then
    redis.call('XADD', 'fax:quarantine', 'MAXLEN', '~', 10000, '*', 'reason', foreign, 'body', a.body or '',
      'received_at', string.format('%d', now))
    return remember('foreign')
  end

  if f or (not j and a.inbound and a.fax_id) then
    local note, news = weigh_inbound(f)
    -- An answer makes an event only if it is news; a webhook always makes one.
    if a.kind and (news or a.source == 'webhook') then
      emit_about(a.fax_id, a.kind, {
        id = a.event, fax_id = a.fax_id, occurred_at = a.occurred_at, source = a.source, note = note, data = a.data,
      })
    end
    keep_inbound(f, news)
    return remember(note or 'recorded')
  end

  if not j then
    if a.kind then
      emit_about(a.fax_id or 'telnyx', a.kind, {
        id = a.event, fax_id = a.fax_id, occurred_at = a.occurred_at, source = a.source, data = a.data,
      })
    end
    return remember('recorded')
  end

  local function tell(note, last)
    if a.kind then
      emit(j, a.kind, {
        last = last,
        id = a.event, fax_id = a.fax_id, attempt = attempt, occurred_at = a.occurred_at, source = a.source, note = note,
        data = a.data,
      })
    end
  end

  -- Without a fax id, nothing links the fact to an attempt: it makes an event and changes no state.
  local tie, rank = 'same', a.rank
  if a.fax_id then tie = bind(j, attempt or j.attempt, a.fax_id, {source = a.source}) else rank = 0 end
  if rank == 9 then delete_later(a.fax_id) end
  if tie == 'surplus' then
    tell('conflict')
    return remember('conflict', {job = j.job, state = j.state})
  end
  if tie == 'earlier' then
    tell('overtaken')
    if a.status == 'delivered' then
      emit(j, 'job.conflict', {
        source = a.source, data = json({reason = 'earlier attempt delivered', fax_id = a.fax_id}),
      })
    end
    return remember('overtaken', {job = j.job, state = j.state})
  end
  if rank == 0 then
    tell(nil)
    if a.doubtful and j.state == 'accepted' then appoint(j, now) end
    return remember('recorded', {job = j.job, state = j.state})
  end

  -- A fax that was reported as failed may turn out to be delivered; this counts until the next attempt is claimed.
  local revived = a.status == 'delivered' and j.provider == 'failed'
    and (j.state == 'deciding' or j.state == 'held' or j.state == 'queued')
  if rank <= j.rank and not revived then
    local contradicts = rank == 9 and j.provider ~= a.status and j.state ~= a.status
    tell(contradicts and 'conflict' or 'overtaken')
    if contradicts then
      emit(j, 'job.conflict', {source = a.source, data = json({reason = 'contradicting status', status = a.status})})
    end
    return remember(contradicts and 'conflict' or 'overtaken', {job = j.job, state = j.state})
  end

  tell(revived and 'conflict' or nil, a.status == 'delivered')
  local facts = {rank = rank, provider = a.status}
  if a.pages then facts.pages = a.pages end
  if a.duration then facts.duration = a.duration end
  if a.status == 'delivered' then
    if j.connection ~= '' then grow_channels(j.connection) end
    charge_again(j)
    settle(j, price(a.pages, a.duration))
    trust_number(j.to, {reason = 'delivered'})
    note_attempt(j, true)
    local step = tonumber(j.rung or '0')
    if step > 0 then redis.call('SET', 'fax:ladder:' .. j.to, step, 'PX', a.ladder_kept) end
    finish(j, 'delivered', facts)
  elseif a.status == 'failed' then
    facts.cause = a.reason or 'unknown'
    move(j, 'deciding', facts)
    land(j)
    appoint(j, now)
  else
    save(j, facts)
    redis.call('ZADD', 'fax:since:accepted', 'XX', now, j.job)
    appoint(j, j.cancel == '1' and now or now + a.poll)
  end
  return remember('recorded', {job = j.job, state = j.state})
end

local answers = {}
for index, said in ipairs(a.observations) do
  a = setmetatable(said, {__index = RULES})
  answers[index] = observe()
end
local function remember_all()
  for key, mark in pairs(remembered) do redis.call('SET', key, mark.digest, 'PX', mark.kept) end
end
return reply(answers, remember_all)
