-- Park a job that has not been claimed: it is looked at again when it is due.
local j = load(a.job)
if not j then return reply({outcome = 'gone'}) end
if j.state ~= 'queued' and j.state ~= 'held' then return reply({outcome = 'no', state = j.state}) end
if j.granted == '1' then land(j) end
hold(j, a.reason, a.due, a.detail)
return reply({outcome = 'held', reason = a.reason, due = a.due})
