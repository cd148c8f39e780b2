-- Stop sending on a connection until a moment, with an alarm event; told once for one pause.
local till = now + a.delay
pause_and_wake(a.connection, a.reason, till)
return reply({outcome = 'paused', ['until'] = till})
