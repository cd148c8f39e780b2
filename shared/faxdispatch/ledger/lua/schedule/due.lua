-- Return the jobs whose appointment is due. Each gets its next appointment at once, so no job is lost if the scheduler
-- dies. If handling a job has no effect, the interval doubles.
-- Keys: fax:agenda, fax:calls, fax:calls:*, fax:campaign:*, fax:campaign:*:parked, fax:channels, fax:channels:*,
--   fax:counts, fax:events, fax:held:*, fax:history:*, fax:holds, fax:job:*, fax:limits, fax:line:*, fax:line:*:waiting,
--   fax:other:*, fax:paused:*, fax:since:*, fax:since:accepted, fax:turn:*, fax:turns:*:*, fax:waiting:*
local found = {}
for _, job in ipairs(redis.call('ZRANGEBYSCORE', 'fax:agenda', '-inf', now, 'LIMIT', 0, a.limit)) do
  local j = load(job)
  if not j or TERMINAL[j.state] then
    redis.call('ZREM', 'fax:agenda', job)
  else
    local pause = a.hint
    if j.state == 'accepted' and j.freed ~= '1'
      and now - tonumber(redis.call('ZSCORE', 'fax:since:accepted', job) or now) > a.call_lease then
      -- No call lasts that long, so the fax no longer keeps its channel and its number.
      give_channel_back(j)
      give_number_back(j)
      save(j, {freed = '1'})
    end
    if j.state == 'accepted' and j.cancel ~= '1' then
      local polls = tonumber(j.polls or 0)
      pause = math.min(a.poll * 2 ^ polls, a.poll_cap)
      save(j, {polls = polls + 1})
    elseif j.state == 'unknown' then
      local asked = tonumber(j.asked or 0)
      pause = math.min(a.reconcile * 2 ^ asked, a.reconcile_cap)
      save(j, {asked = asked + 1})
    elseif j.state == 'queued' or j.state == 'held' then
      local hints = tonumber(j.hints or 0)
      pause = a.hint * 2 ^ math.min(hints, 4)
      save(j, {hints = hints + 1})
    end
    appoint(j, now + pause, true)
    found[#found + 1] = {
      job = job, state = j.state, attempt = j.attempt, fax_id = j.fax_id, cancel = j.cancel == '1', hints = tonumber(j.hints or 0),
    }
  end
end
return reply({jobs = found})
