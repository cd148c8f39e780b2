-- Settle the cost of a past day (UTC): it becomes what Telnyx charged, and the estimate is kept for comparison.
-- Keys: fax:charges:*, fax:job:*, fax:spend:*
local book, kept = 'fax:spend:' .. whole(a.day), 'fax:charges:' .. whole(a.day)
local before = hash(kept) or {}
local unsettled = spent(book) - tonumber(before.charged or '0')
local estimate = tonumber(before.estimate or '0') + unsettled
redis.call('HSET', kept, 'charged', whole(a.charged), 'estimate', whole(estimate), 'faxes', whole(a.faxes),
  'currency', a.currency or '', 'read_at', whole(now))
redis.call('SET', book, whole(a.charged))
redis.call('PEXPIRE', kept, 40 * DAY)
redis.call('PEXPIRE', book, 40 * DAY)
return reply({outcome = 'settled', estimate = estimate})
