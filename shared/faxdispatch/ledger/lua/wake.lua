-- Let held jobs that wait for the end of a pause try again now: a page of them, from place `first` on. One whose
-- connection is still paused is held again by `admit`, without a word.
local jobs = redis.call('ZRANGE', 'fax:since:held', a.first, a.first + a.limit - 1)
for _, job in ipairs(jobs) do
  local j = load(job)
  if j and j.hold == 'connection_paused' then
    save(j, {due = now})
    appoint(j, now)
  end
end
return reply({looked_at = #jobs})
