-- A stored document was removed. This is reported once.
-- Keys: fax:documents:stored, fax:events, fax:inbound:*, fax:job:*, fax:other:*
local f = inbound(a.fax_id)
if f and f.place == 'stored' then
  emit_inbound(a.fax_id, 'fax.removed', {reason = 'retention', file = f.file, stored_at = tonumber(f.stored)})
  save_inbound(a.fax_id, {place = 'removed', updated = now})
  redis.call('HDEL', 'fax:inbound:' .. a.fax_id, 'file', 'name', 'stored')
end
redis.call('ZREM', 'fax:documents:stored', a.fax_id)
return reply({})
