-- Reserve a slot of the account's rate for each request. Returns the microseconds until the slot; or, if the slot is
-- further ahead than the request may reserve, -1 and `free`, the microseconds until a slot is near enough.
-- Keys: fax:job:*, fax:limits, fax:rate, fax:rate:*, fax:shut
local answers = {}
for index, asked in ipairs(a.slots) do
  local wait, far = draw(asked.connection, asked.look)
  answers[index] = wait and {wait = wait} or {wait = -1, free = far - asked.look}
end
return reply(answers)
