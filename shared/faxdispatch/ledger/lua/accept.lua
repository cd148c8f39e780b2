-- Telnyx answered with a fax id, or a listing shows one.
local j = load(a.job)
if not j then return reply({outcome = 'gone'}) end
return reply({outcome = bind(j, a.attempt, a.fax_id, {source = a.source}), state = j.state, cancel = j.cancel == '1'})
