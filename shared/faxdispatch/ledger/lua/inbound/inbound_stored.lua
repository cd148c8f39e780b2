-- A document is stored. Storing it twice with the same content makes only one event.
-- Keys: fax:deletions, fax:documents:given_up, fax:documents:stored, fax:documents:wanted, fax:events, fax:inbound:*,
--   fax:job:*, fax:other:*
local f = inbound(a.fax_id)
if not f then return reply({outcome = 'gone'}) end
if f.place == 'stored' and f.sha256 == a.sha256 and f.file == a.file then return reply({outcome = 'known'}) end
emit_about(a.fax_id, 'fax.stored', {fax_id = a.fax_id, source = a.source, data = a.data})
save_inbound(a.fax_id, {
  place = 'stored', updated = now, stored = now, file = a.file, name = a.name, sha256 = a.sha256, size = a.size,
  problem = '', problems = 0, refused = 0,
})
redis.call('ZREM', 'fax:documents:wanted', a.fax_id)
redis.call('ZREM', 'fax:documents:given_up', a.fax_id)
redis.call('ZADD', 'fax:documents:stored', now, a.fax_id)
-- If documents are kept forever, no list of them is needed.
if not a.documents_kept then redis.call('ZREMRANGEBYSCORE', 'fax:documents:stored', '-inf', now - a.retention) end
delete_later(a.fax_id)
return reply({outcome = 'stored'})
