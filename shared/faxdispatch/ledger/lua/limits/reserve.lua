-- Reserve slots of the account's rate, one for each request: the microseconds until the slot. If it is further ahead
-- than the request may look, -1 and `free`, the microseconds until a slot is near enough.
-- Keys: fax:job:*, fax:limits, fax:rate, fax:rate:*, fax:shut
local answers = {}
for index, asked in ipairs(a.slots) do
  local wait, far = draw(asked.connection, asked.look)
  answers[index] = wait and {wait = wait} or {wait = -1, free = far - asked.look}
end
return reply(answers)
