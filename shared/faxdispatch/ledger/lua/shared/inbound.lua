-- Inbound faxes. Each is a hash, and where its document stands is which of these sorted sets has it:
--   fax:inbound:<fax id>       what Telnyx said of it, and where its document is
--   fax:coming                 it is on its way in; when Telnyx is asked about it next
--   fax:documents:wanted       its document is not here yet; when a worker may fetch it
--   fax:documents:given_up     its document could not be fetched, since when: a person must decide
--   fax:documents:stored       its document is here, since when; as long as retention needs to know
--   fax:deletions              faxes, inbound and outbound, to be deleted at Telnyx; when

-- Telnyx's inbound statuses in the order in which a fax goes through them.
local INBOUND_RANK = {initiated = 1, receiving = 2, ['media.processing'] = 3, received = 9, failed = 9}

local function inbound(fax_id)
  local f = hash('fax:inbound:' .. fax_id)
  if f then f.id = fax_id end
  return f
end

local function save_inbound(fax_id, fields)
  local flat = {}
  for name, value in pairs(fields) do
    flat[#flat + 1] = name
    flat[#flat + 1] = value
  end
  local key = 'fax:inbound:' .. fax_id
  redis.call('HSET', key, unpack(flat))
  -- The fax is kept as long as its document, and never for a shorter time than before, since the removal of documents
  -- needs it.
  redis.call('PEXPIRE', key, math.max(a.retention + (a.documents_kept or 0), redis.call('PTTL', key)))
end

local function emit_inbound(fax_id, kind, facts)
  emit_about(fax_id, kind, {fax_id = fax_id, source = a.source, data = json(facts)})
end

-- Have a fax deleted at Telnyx, if that is configured.
local function delete_later(fax_id)
  if a.delete_after then redis.call('ZADD', 'fax:deletions', 'NX', now + a.delete_after, fax_id) end
end

-- Its document is wanted; it may be fetched at once. Telnyx must keep it until then, whatever was decided before.
local function want_document(fax_id)
  redis.call('ZREM', 'fax:deletions', fax_id)
  redis.call('ZREM', 'fax:coming', fax_id)
  redis.call('ZREM', 'fax:documents:given_up', fax_id)
  redis.call('ZREM', 'fax:documents:stored', fax_id)
  redis.call('ZADD', 'fax:documents:wanted', 'NX', now, fax_id)
end

-- A report from Telnyx about an inbound fax. Returns the note of its event, and whether it is new.
local function weigh_inbound(f)
  local rank, known = INBOUND_RANK[a.status or ''] or 0, f and tonumber(f.rank) or 0
  if rank == 0 or rank > known then return nil, true end
  if rank == 9 and f.status ~= a.status then
    -- The arrival of a document counts more than an earlier report that it would not arrive.
    return 'conflict', a.status == 'received'
  end
  return 'overtaken', false
end

local function keep_inbound(f, news)
  local facts = {updated = now}
  for _, name in ipairs({'from', 'to', 'connection', 'pages', 'duration', 'partial', 'link', 'reason'}) do
    if a[name] ~= nil then facts[name] = tostring(a[name]) end
  end
  local rank = INBOUND_RANK[a.status or ''] or 0
  if news and rank > 0 then
    facts.status, facts.rank = a.status, rank
    if rank == 9 then facts.ended = a.occurred_at or now end
  end
  if not f then facts.first, facts.place = now, 'coming' end
  local place = f and f.place or 'coming'
  if news and rank == 9 and place ~= 'stored' then
    place = (a.status == 'received' or a.link) and 'wanted' or 'none'
    facts.place = place
  end
  save_inbound(a.fax_id, facts)
  if place == 'coming' then
    redis.call('ZADD', 'fax:coming', 'NX', now + a.poll, a.fax_id)
    if a.doubtful then redis.call('ZADD', 'fax:coming', 'LT', now, a.fax_id) end
  elseif news and place == 'wanted' then
    want_document(a.fax_id)
    -- If storing is not configured, no worker ever takes them.
    redis.call('ZREMRANGEBYSCORE', 'fax:documents:wanted', '-inf', now - a.retention)
  elseif news and place == 'none' then
    redis.call('ZREM', 'fax:coming', a.fax_id)
    delete_later(a.fax_id)
  end
end
