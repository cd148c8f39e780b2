-- Several hashes in one answer, for pages that show many things at once.
-- Keys: fax:job:*
local found = {}
for place, key in ipairs(a.keys) do found[place] = redis.call('HGETALL', key) end
return reply({hashes = found})
