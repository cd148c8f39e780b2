-- Lift the quarantine of a number by hand.
local lifted = trust_number(a.number, {reason = a.reason, operator = a.operator})
return reply({outcome = lifted and 'lifted' or 'none'})
