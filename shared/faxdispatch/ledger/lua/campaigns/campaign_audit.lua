-- The state of a campaign and its rows at one moment: codes, rows that are listed as open, the states of their jobs and
-- where those wait. The caller counts the codes, since counting here would block Redis for long.
-- Keys: fax:agenda, fax:campaign:*, fax:job:*, fax:line:*, fax:spend:campaign:*, fax:waiting:*
local key = campaign_key(a.campaign)
local facts = hash(key)
if not facts or not facts.state then return reply({outcome = 'gone', state = 'gone'}) end

-- An open job must be in exactly one place; otherwise the scheduler would never look at it again.
local function places(job, j)
  local count = 0
  for _, place in ipairs({
    'fax:agenda', 'fax:waiting:' .. (j[2] or ''), 'fax:line:' .. (j[3] or '') .. ':waiting', key .. ':parked',
  }) do
    if redis.call('ZSCORE', place, job) then count = count + 1 end
  end
  return count
end

local states, open = {}, redis.call('SMEMBERS', key .. ':open')
local unmarked, misplaced = 0, 0
for _, row in ipairs(open) do
  local job = row_job(a.campaign, row, facts.generation)
  local j = redis.call('HMGET', 'fax:job:' .. job, 'state', 'connection', 'to')
  local state = j[1] or 'missing'
  states[state] = (states[state] or 0) + 1
  if redis.call('GETRANGE', key .. ':states', row - 1, row - 1) ~= 'o' then unmarked = unmarked + 1 end
  if j[1] and places(job, j) ~= 1 then misplaced = misplaced + 1 end
end
return reply({
  outcome = 'counted', state = facts.state, facts = facts, codes = redis.call('GETRANGE', key .. ':states', 0, -1), open = #open, states = states,
  unmarked = unmarked, misplaced = misplaced,
  parked = redis.call('ZCARD', key .. ':parked'), spent = redis.call('GET', 'fax:spend:campaign:' .. a.campaign) or '0',
})
