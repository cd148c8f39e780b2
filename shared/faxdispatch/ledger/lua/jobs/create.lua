-- Record new jobs, or recognise those that are already recorded. Each job succeeds or fails on its own.
-- Keys: fax:agenda, fax:campaign:*, fax:counts, fax:events, fax:held:*, fax:history:*, fax:holds, fax:idem:*,
--   fax:index, fax:index:*, fax:index:*:names:*, fax:job:*, fax:since:*

-- A job that a recovery created gets the options that are known now.
local function complete(j, n)
  if TERMINAL[j.state] then return end
  save(j, {
    request = n.request, fingerprint = n.fingerprint, idem = n.idem or '', priority = n.priority, tags = n.tags,
    client_state = n.client_state or '', recovered = '',
  })
  if n.idem then redis.call('SET', 'fax:idem:' .. n.idem, n.job .. ' ' .. n.fingerprint) end
end

local function create(n)
  if n.idem then
    local known = redis.call('GET', 'fax:idem:' .. n.idem)
    if known then
      local job, fingerprint = string.match(known, '^(%S+) (%S+)$')
      local outcome = fingerprint == n.fingerprint and 'same' or 'conflict'
      local recorded = load(job)
      return {outcome = outcome, job = job, state = recorded and recorded.state}
    end
  end
  local existing = load(n.job)
  if existing then
    local made = existing.recovered == '1' and existing.to == n.to
    if made then complete(existing, n) end
    local same = made or existing.fingerprint == n.fingerprint
    return {outcome = same and 'same' or 'conflict', job = n.job, state = existing.state}
  end
  if n.send_by and n.send_by <= now then return {outcome = 'late'} end
  local j = begin(n.job, {
    attempt = 0, rank = 0, to = n.to, sender = n.sender or '', connection = n.connection or '', request = n.request,
    fingerprint = n.fingerprint, idem = n.idem or '', priority = n.priority, tags = n.tags,
    client_state = n.client_state or '', group = n.group or '', created = now, fax_id = '', trace = n.trace,
    nth = index_job(n.job, n.mark),
  })
  emit(j, 'job.queued', {data = n.data})
  move(j, 'queued')
  if n.idem then redis.call('SET', 'fax:idem:' .. n.idem, n.job .. ' ' .. n.fingerprint) end
  redis.call('ZADD', 'fax:agenda', now + a.hint, n.job)
  -- The message is only a reminder: if it cannot be put into its queue, the scheduler finds the job by its appointment.
  local queued = n.message and type(redis.pcall('LPUSH', n.queue, n.message)) == 'number' or nil
  return {outcome = 'created', job = n.job, state = 'queued', told = queued}
end

local replies = {}
for i, n in ipairs(a.jobs) do replies[i] = create(n) end
return reply(replies)
