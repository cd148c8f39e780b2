-- Reserve a slot of the account's rate: the microseconds until it. Where it is further ahead than the caller may look,
-- -1 and `free`, the microseconds until it comes near enough.
-- Keys: fax:job:*, fax:limits, fax:rate, fax:rate:*, fax:shut
local wait, far = draw(a.connection, a.look)
if wait then return reply({wait = wait}) end
return reply({wait = -1, free = far - a.look})
