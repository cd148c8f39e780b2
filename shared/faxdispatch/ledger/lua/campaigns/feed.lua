-- Let up to `limit` rows of a running campaign wait for a channel. First come the parked ones, with untried rows before
-- retries; then those of `rows` that are still pending. If no row is left, the campaign is finished.
-- Keys: fax:agenda, fax:calls, fax:calls:*, fax:campaign:*, fax:campaign:*:parked, fax:campaigns:running,
--   fax:channels, fax:channels:*, fax:connections, fax:counts, fax:ended, fax:events, fax:fax:*, fax:granted:*,
--   fax:held:*, fax:history:*, fax:holds, fax:idem:*, fax:index:*, fax:index:*:names:*, fax:index:causes, fax:job:*,
--   fax:limits, fax:line:*, fax:line:*:waiting, fax:other:*, fax:paused:*, fax:since:*, fax:spend:*,
--   fax:spend:campaign:*, fax:suppressed, fax:suppressed:until, fax:turn:*, fax:turns:*:*, fax:waiting:*
local id = a.campaign
local key = campaign_key(id)
local state = campaign_state(id)
if state ~= 'running' then return reply({outcome = 'no', state = state}) end
-- A feeder that was suspended for long may bring rows with jobs of an earlier generation.
if redis.call('HGET', key, 'generation') ~= a.generation then return reply({outcome = 'no', state = state}) end

local function unpark(limit)
  local last = (pending_rows(id) > 0 and open_rows(id) < a.most_open) and whole(SPAN) or '+inf'
  local count = 0
  for _, job in ipairs(redis.call('ZRANGEBYSCORE', key .. ':parked', '-inf', last, 'LIMIT', 0, limit)) do
    local j = load(job)
    if j and (j.state == 'held' or j.state == 'queued') then
      move(j, 'held', {hold = 'no_channel', due = ''})
      wait_for_channel(j)
      count = count + 1
    else
      redis.call('ZREM', key .. ':parked', job)
    end
  end
  return count
end

local open = open_rows(id)

-- The codes from the first row to the last.
local first, known_codes = a.rows[1] and a.rows[1].row, ''
if first then known_codes = redis.call('GETRANGE', key .. ':states', first - 1, a.rows[#a.rows].row - 1) end

local function line_up_row(row)
  if string.sub(known_codes, row.row - first + 1, row.row - first + 1) ~= 'p' then return false end
  tally(key, 'p', -1)
  if redis.call('EXISTS', 'fax:job:' .. row.job) == 1 then
    -- A producer has used this id for its own fax, and two faxes must not share a job.
    end_row({row = row.row, campaign = id, generation = a.generation, cause = 'job_id_taken'}, 'failed')
    return false
  end
  local j = begin_row(id, a.generation, a.tags, row)
  if suppressed(j.to) then
    stop_row(j, 'suppressed')
  else
    score('fax:waiting:' .. j.connection, j.job, standing(j))
    open = open + 1
  end
  return true
end

local fed, cursor = unpark(a.limit), a.cursor
for _, row in ipairs(a.rows) do
  if fed >= a.limit or open >= a.most_open then
    cursor = row.row - 1
    break
  end
  if line_up_row(row) then fed = fed + 1 end
end
if a.sender and fed > 0 then redis.call('HSET', key, 'sender', a.sender) end
if cursor then redis.call('HSET', key, 'cursor', cursor) end
write_tallies()
if pending_rows(id) == 0 and open_rows(id) == 0 then
  redis.call('HSET', key, 'state', 'finished', 'changed', now)
  redis.call('SREM', 'fax:campaigns:running', id)
  emit_campaign(id, 'campaign.finished', {
    delivered = tonumber(redis.call('HGET', key, 'd') or '0'), failed = tonumber(redis.call('HGET', key, 'f') or '0'),
    suppressed = tonumber(redis.call('HGET', key, 's') or '0'), cancelled = tonumber(redis.call('HGET', key, 'c') or '0'),
  })
  return reply({outcome = 'finished', fed = fed})
end
return reply({outcome = 'fed', fed = fed})
