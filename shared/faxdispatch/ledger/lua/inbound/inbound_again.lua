-- Have a document fetched because a person asked for it, whatever was tried before.
-- Keys: fax:coming, fax:deletions, fax:documents:given_up, fax:documents:stored, fax:documents:wanted, fax:inbound:*,
--   fax:job:*
local f = inbound(a.fax_id)
if not f then return reply({outcome = 'gone'}) end
if (INBOUND_RANK[f.status or ''] or 0) < 9 then return reply({outcome = 'coming'}) end
if f.place == 'none' then return reply({outcome = 'none'}) end
save_inbound(a.fax_id, {place = 'wanted', updated = now, problems = 0, refused = 0})
redis.call('HDEL', 'fax:inbound:' .. a.fax_id, 'tried')
want_document(a.fax_id)
redis.call('ZADD', 'fax:documents:wanted', now, a.fax_id)
return reply({outcome = 'wanted'})
