-- Reserve slots of the account's rate, one for each of those that ask: the microseconds until it. Where it is further ahead
-- than the asker may look, -1 and `free`, the microseconds until it comes near enough.
-- Keys: fax:job:*, fax:limits, fax:rate, fax:rate:*, fax:shut
local answers = {}
for index, asked in ipairs(a.slots) do
  local wait, far = draw(asked.connection, asked.look)
  answers[index] = wait and {wait = wait} or {wait = -1, free = far - asked.look}
end
return reply(answers)
