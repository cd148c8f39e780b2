-- Give free channels to the jobs that wait for them, best first. Returns the jobs that a worker must be told of.
local picked = {}
for _, connection in ipairs(redis.call('SMEMBERS', 'fax:connections')) do
  local waiting = 'fax:waiting:' .. connection
  local free = channel_limit(connection) - redis.call('SCARD', 'fax:calls:' .. connection)
  while free > 0 and #picked < a.limit do
    local first = redis.call('ZPOPMIN', waiting)
    if #first == 0 then break end
    local j = load(first[1])
    if j and (j.state == 'held' or j.state == 'queued') then
      local holder = redis.call('GET', 'fax:line:' .. j.to)
      if holder and holder ~= j.job then
        wait_for_line(j)
      else
        redis.call('SADD', 'fax:calls:' .. connection, j.job)
        redis.call('SET', 'fax:line:' .. j.to, j.job)
        save(j, {granted = '1'})
        appoint(j, now + a.hint)
        picked[#picked + 1] = j.job
        free = free - 1
      end
    end
  end
end
if #picked == 0 then return '{"jobs":[]}' end
return reply({jobs = picked})
