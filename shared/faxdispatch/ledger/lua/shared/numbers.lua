-- What is remembered about a recipient's number, each for a limited time:
--   fax:ladder:<number>   the ladder step with which a fax was delivered
--   fax:bad:<number>      jobs in a row that ended because the number is wrong
--   fax:quarantined       the numbers that are not called, by the time until when
--   fax:suppressed        the numbers that no campaign sends to, each with its record
--   fax:suppressed:until  of these the ones that end, by the time when

local function quarantined_until(number)
  if not is_there('fax:quarantined') then return nil end
  local till = tonumber(redis.call('ZSCORE', 'fax:quarantined', number) or '0')
  return till > now and till or nil
end

-- The id of an event about a number does not contain the number, since event ids go into logs.
local function number_subject(number)
  return 'number-' .. string.sub(redis.sha1hex(number), 1, 16)
end

local function blame_number(j, reason)
  local failures = redis.call('INCR', 'fax:bad:' .. j.to)
  redis.call('PEXPIRE', 'fax:bad:' .. j.to, a.quarantine)
  if failures < a.quarantine_after or quarantined_until(j.to) then return end
  local till = now + a.quarantine
  emit_about(number_subject(j.to), 'number.quarantined', {
    source = a.source, data = json({number = j.to, reason = reason, failures = failures, ['until'] = till}),
  })
  redis.call('ZREMRANGEBYSCORE', 'fax:quarantined', '-inf', now)
  redis.call('ZADD', 'fax:quarantined', till, j.to)
  now_there('fax:quarantined')
end

-- Lift the quarantine of a number; false if there is none.
local function trust_number(number, facts)
  drop('fax:bad:' .. number)
  if not is_there('fax:quarantined') or redis.call('ZREM', 'fax:quarantined', number) == 0 then return false end
  facts.number = number
  emit_about(number_subject(number), 'number.released', {source = a.source, data = json(facts)})
  return true
end

-- Remove a page of the suppressions that have ended; true if there may be more.
local function sweep_suppressed()
  local over = redis.call('ZRANGEBYSCORE', 'fax:suppressed:until', '-inf', now, 'LIMIT', 0, 1000)
  for _, number in ipairs(over) do
    redis.call('HDEL', 'fax:suppressed', number)
    redis.call('ZREM', 'fax:suppressed:until', number)
  end
  return #over == 1000
end
