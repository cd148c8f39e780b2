-- Take a number off the suppression list: `removed`, or `none` if it is not on it.
-- Keys: fax:events, fax:job:*, fax:other:*, fax:suppressed, fax:suppressed:until, fax:suppressed:version
sweep_suppressed()
if redis.call('HEXISTS', 'fax:suppressed', a.number) == 0 then return reply({outcome = 'none'}) end
emit_about(number_subject(a.number), 'number.unsuppressed', {
  source = a.source, data = json({number = a.number, reason = a.reason, operator = a.operator}),
})
redis.call('INCR', 'fax:suppressed:version')
redis.call('HDEL', 'fax:suppressed', a.number)
redis.call('ZREM', 'fax:suppressed:until', a.number)
return reply({outcome = 'removed'})
