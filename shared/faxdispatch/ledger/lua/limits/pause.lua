-- A person pauses a connection until a given time. A longer pause that already exists stays as it is.
-- Keys: fax:agenda, fax:calls, fax:calls:*, fax:campaign:*, fax:campaign:*:parked, fax:channels, fax:channels:*,
--   fax:connections, fax:counts, fax:events, fax:held:*, fax:history:*, fax:holds, fax:job:*, fax:limits, fax:line:*,
--   fax:line:*:waiting, fax:other:*, fax:paused:*, fax:since:*, fax:turn:*, fax:turns:*:*, fax:waiting:*
pause_and_wake(a.connection, a.reason, now + a.delay, nil, a.why and {why = a.why, operator = a.operator})
return reply({['until'] = tonumber(redis.call('HGET', 'fax:paused:' .. a.connection, 'until'))})
