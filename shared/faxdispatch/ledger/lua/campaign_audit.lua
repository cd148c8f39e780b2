-- The books of a campaign, and its rows counted anew, all at one moment: letters, rows that are listed as open, and the
-- states of their jobs. It holds up Redis for some ten milliseconds for each million rows.
local key = campaign_key(a.campaign)
local facts = hash(key)
if not facts or not facts.state then return reply({outcome = 'gone', state = 'gone'}) end
local letters, size = {}, redis.call('STRLEN', key .. ':states')
for first = 0, size - 1, 65536 do
  local page = redis.call('GETRANGE', key .. ':states', first, first + 65535)
  for _, letter in ipairs({'p', 'o', 'd', 'f', 'c', 's'}) do
    local _, count = string.gsub(page, letter, letter)
    letters[letter] = (letters[letter] or 0) + count
  end
end
local states, open = {}, redis.call('SMEMBERS', key .. ':open')
for _, row in ipairs(open) do
  local job = a.campaign .. '-' .. row
  if facts.generation ~= '1' then job = job .. '-' .. facts.generation end
  local state = redis.call('HGET', 'fax:job:' .. job, 'state') or 'missing'
  states[state] = (states[state] or 0) + 1
end
return reply({
  outcome = 'counted', state = facts.state, facts = facts, letters = letters, open = #open, states = states,
  parked = redis.call('ZCARD', key .. ':parked'), spent = redis.call('GET', 'fax:spend:campaign:' .. a.campaign) or '0',
})
