-- Everything that an operator looks at first, in one consistent answer; the cost does not grow with the number of jobs.
-- Keys: fax:agenda, fax:calls, fax:calls:*, fax:channels, fax:channels:*, fax:connections, fax:counts,
--   fax:deadletters, fax:documents:given_up, fax:documents:wanted, fax:held:*, fax:holds, fax:job:*, fax:leader,
--   fax:ledger, fax:limits, fax:paused:*, fax:quarantine, fax:quarantined, fax:shut, fax:since:*, fax:spend:*,
--   fax:strays, fax:waiting:*, fax:workers
local function first(key)
  local found = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  return tonumber(found[2])
end

local connections = {}
for _, name in ipairs(redis.call('SMEMBERS', 'fax:connections')) do
  connections[#connections + 1] = {
    connection = name,
    in_flight = redis.call('SCARD', 'fax:calls:' .. name),
    channels = redis.call('GET', 'fax:channels:' .. name),
    waiting = redis.call('ZCARD', 'fax:waiting:' .. name),
    pause = hash('fax:paused:' .. name),
  }
end
local held = {}
for _, reason in ipairs(redis.call('SMEMBERS', 'fax:holds')) do
  local count = redis.call('ZCARD', 'fax:held:' .. reason)
  if count > 0 then held[reason] = count end
end
local since = {}
for _, state in ipairs({'queued', 'held', 'submitting', 'unknown', 'accepted', 'deciding'}) do
  since[state] = first('fax:since:' .. state)
end
return reply({
  now = now,
  counts = hash('fax:counts'),
  connections = connections,
  held = held,
  since = since,
  limits = hash('fax:limits'),
  calls = redis.call('SCARD', 'fax:calls'),
  channels = redis.call('GET', 'fax:channels'),
  spent = redis.call('GET', 'fax:spend:' .. whole(math.floor(now / DAY))),
  shut = redis.call('GET', 'fax:shut'),
  overdue = first('fax:agenda'),
  leader = redis.call('GET', 'fax:leader'),
  workers = redis.call('ZCOUNT', 'fax:workers', now - a.silence, '+inf'),
  dead_letters = redis.call('ZCOUNT', 'fax:deadletters', now - a.kept, '+inf'),
  strays = redis.call('ZCARD', 'fax:strays'),
  quarantined = redis.call('XLEN', 'fax:quarantine'),
  numbers = redis.call('ZCARD', 'fax:quarantined'),
  documents_wanted = redis.call('ZCARD', 'fax:documents:wanted'),
  behind = redis.call('HEXISTS', 'fax:ledger', 'behind'),
  documents_given_up = redis.call('ZCARD', 'fax:documents:given_up'),
})
