-- A message that is no job: told as an event and kept as a dead letter, once for each message.
if redis.call('HSETNX', 'fax:deadletters', a.id, a.letter) == 0 then return reply({outcome = 'known'}) end
emit_about(a.id, 'job.invalid', {source = a.source, data = a.data})
return reply({outcome = 'recorded'})
