-- Erase an ended single job and everything that refers to it. Returns `erased`, `gone`, or `open` if it has not ended.
-- `faxes` are the Telnyx faxes of all its attempts, which are deleted at Telnyx, too.
-- Keys: fax:deletions, fax:fax:*, fax:history:*, fax:idem:*, fax:index:*, fax:index:*:names:*, fax:job:*
local j = load(a.job)
if not j then return reply({outcome = 'gone'}) end
if not TERMINAL[j.state] then return reply({outcome = 'open'}) end
if j.nth then index_forget(tonumber(j.nth)) end
if (j.idem or '') ~= '' then redis.call('DEL', 'fax:idem:' .. j.idem) end
for _, fax_id in ipairs(a.faxes) do
  redis.call('DEL', 'fax:fax:' .. fax_id)
  redis.call('ZADD', 'fax:deletions', now, fax_id)
end
redis.call('DEL', 'fax:job:' .. a.job, 'fax:history:' .. a.job)
return reply({outcome = 'erased'})
