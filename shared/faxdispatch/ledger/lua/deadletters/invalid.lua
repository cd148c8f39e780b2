-- Record a message that is not a job: report it by an event and keep it as a dead letter, once for each time that it
-- was sent. A dead letter that was sent again and is invalid again becomes a new one, and so does another message under
-- the same id.
--   fax:deadletters       the letters' ids by the time at which they were kept
--   fax:deadletter:<id>   the letter, for as long as finished jobs are kept
-- Keys: fax:deadletter:*, fax:deadletters, fax:events, fax:job:*, fax:other:*
local id, key = a.id, 'fax:deadletter:' .. a.id
local known = redis.call('HGET', key, 'content')
if known and known ~= a.content then
  id = id .. '-' .. a.content
  key = 'fax:deadletter:' .. id
end
if redis.call('EXISTS', key) == 1 and redis.call('HEXISTS', key, 'sent') == 0 then
  return reply({outcome = 'known'})
end
emit_about(id, 'job.invalid', {source = a.source, data = a.data})
redis.call('DEL', key)
redis.call('HSET', key, 'letter', a.letter, 'at', now, 'content', a.content)
redis.call('PEXPIRE', key, a.retention)
redis.call('ZREMRANGEBYSCORE', 'fax:deadletters', '-inf', now - a.retention)
redis.call('ZADD', 'fax:deadletters', now, id)
return reply({outcome = 'recorded'})
