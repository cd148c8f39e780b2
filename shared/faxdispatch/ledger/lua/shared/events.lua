-- The stream entry is written before anything that depends on it. Redis does not roll back scripts; a fact that is
-- reported twice can be recognised by its id, but a fact that was never reported is lost.
local function publish(kind, e)
  -- Always in this order: Redis stores the field names only once for entries with the same fields.
  redis.call(
    'XADD', 'fax:events', 'MAXLEN', '~', a.maxlen, '*', 'id', e.id, 'type', kind, 'job_id', e.job or '',
    'fax_id', e.fax_id or '', 'attempt', e.attempt or '', 'seq', e.seq, 'occurred_at', whole(e.occurred_at or now),
    'source', e.source or '', 'note', e.note or '', 'campaign_id', e.campaign or '', 'tags', e.tags or '[]',
    'client_state', e.client_state or '', 'data', e.data or '{}'
  )
end

-- Report a fact about a job: first in the stream, then in its history, then in its counter of events. The history
-- leaves out what is in the job's row. `last` means that the job ends with this event.
local function emit(j, kind, e)
  local seq = j.seq + 1
  local line = {
    id = e.id or (j.job .. '-' .. seq), type = kind, fax_id = e.fax_id or j.fax_id, attempt = e.attempt or j.attempt,
    seq = seq, occurred_at = whole(e.occurred_at or now), source = e.source or a.source, note = e.note, data = e.data,
  }
  publish(kind, {
    id = line.id, job = j.job, fax_id = line.fax_id, attempt = line.attempt, seq = seq, occurred_at = e.occurred_at,
    source = line.source, note = e.note, campaign = j.campaign, tags = j.tags, client_state = j.client_state,
    data = e.data,
  })
  -- A campaign's row has no history after its end: a record has the result, and the stream has all events.
  if not ((j.row or '') ~= '' and (e.last or TERMINAL[j.state])) then
    redis.call('RPUSH', 'fax:history:' .. j.job, cjson.encode(line))
  end
  save(j, {seq = seq, updated = now})
end

-- Report a fact that belongs to no job; such facts are counted by their subject.
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

-- Every hold uses the same field for its end.
local function until_then(data, due)
  local facts = cjson.decode(data)
  facts['until'] = due
  return cjson.encode(facts)
end
