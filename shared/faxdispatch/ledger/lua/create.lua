-- Record a new job, or recognise one that is recorded already.
if a.idem then
  local known = redis.call('GET', 'fax:idem:' .. a.idem)
  if known then
    local job, fingerprint = string.match(known, '^(%S+) (%S+)$')
    local outcome = fingerprint == a.fingerprint and 'same' or 'conflict'
    return reply({outcome = outcome, job = job, state = redis.call('HGET', 'fax:job:' .. job, 'state') or nil})
  end
end
local existing = load(a.job)
if existing then
  local outcome = existing.fingerprint == a.fingerprint and 'same' or 'conflict'
  return reply({outcome = outcome, job = a.job, state = existing.state})
end
local j = {
  job = a.job, seq = 0, attempt = 0, rank = 0, to = a.to, sender = a.sender or '', connection = a.connection or '',
  request = a.request, fingerprint = a.fingerprint, idem = a.idem or '', priority = a.priority, tags = a.tags,
  client_state = a.client_state or '', campaign = a.campaign or '', group = a.group or '', created = now, dials = 0,
  connects = 0, holds = 0, fax_id = '',
}
emit(j, 'job.queued', {})
local fields = {}
for name, value in pairs(j) do if name ~= 'job' then fields[name] = value end end
move(j, 'queued', fields)
if a.idem then redis.call('SET', 'fax:idem:' .. a.idem, a.job .. ' ' .. a.fingerprint) end
appoint(j, now + a.hint)
return reply({outcome = 'created', job = a.job, state = 'queued'})
