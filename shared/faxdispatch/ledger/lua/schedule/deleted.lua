-- Record that a fax was deleted at Telnyx. It is reported once, in its job's history if it has a job.
-- Keys: fax:deletions, fax:events, fax:fax:*, fax:history:*, fax:job:*, fax:other:*
if redis.call('ZREM', 'fax:deletions', a.fax_id) == 0 then return reply({outcome = 'known'}) end
local job, number = string.match(redis.call('GET', 'fax:fax:' .. a.fax_id) or '', '^(.+):(%d+)$')
local j = job and load(job)
if j then
  emit(j, 'fax.deleted', {fax_id = a.fax_id, attempt = tonumber(number)})
else
  emit_inbound(a.fax_id, 'fax.deleted', {})
end
return reply({outcome = 'deleted'})
