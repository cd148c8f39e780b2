-- Lift the quarantine of a number by hand.
-- Keys: fax:bad:*, fax:events, fax:job:*, fax:other:*, fax:quarantined
local lifted = trust_number(a.number, {reason = a.reason, operator = a.operator})
return reply({outcome = lifted and 'lifted' or 'none'})
