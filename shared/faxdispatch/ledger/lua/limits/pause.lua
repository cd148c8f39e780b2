-- A person pauses a connection until a moment. A longer pause that there is already stays as it is.
pause_and_wake(a.connection, a.reason, now + a.delay, nil, a.why and {why = a.why, operator = a.operator})
return reply({['until'] = tonumber(redis.call('HGET', 'fax:paused:' .. a.connection, 'until'))})
