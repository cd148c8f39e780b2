-- Park a job that has not been claimed: it is looked at again when it is due. Without `due`, it waits for a person, and
-- the scheduler still looks at it from time to time. With `unfetched`, another try to fetch the job's document failed:
-- it is counted, and each of the first failures is reported.
-- Keys: fax:agenda, fax:calls, fax:calls:*, fax:campaign:*, fax:campaign:*:parked, fax:channels, fax:channels:*,
--   fax:counts, fax:events, fax:granted:*, fax:held:*, fax:history:*, fax:holds, fax:job:*, fax:limits, fax:line:*,
--   fax:line:*:waiting, fax:other:*, fax:paused:*, fax:since:*, fax:turn:*, fax:turns:*:*, fax:waiting:*

-- Not every hold is reported, since a link that is dead for weeks would fill the history and the stream.
local REPORTED = 10

local j = load(a.job)
if not j then return reply({outcome = 'gone'}) end
if j.state ~= 'queued' and j.state ~= 'held' then return reply({outcome = 'no', state = j.state}) end
leave(j)
land(j)
local unfetched = (tonumber(j.unfetched or '') or 0) + 1
if a.unfetched then save(j, {unfetched = unfetched}) end
hold(j, a.reason, a.due, a.detail and {detail = a.detail} or nil, a.unfetched and unfetched <= REPORTED)
if not a.due then appoint(j, now + a.recheck) end
return reply({outcome = 'held', reason = a.reason, due = a.due})
