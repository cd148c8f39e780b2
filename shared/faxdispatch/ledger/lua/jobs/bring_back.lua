-- Telnyx's listing shows faxes that the ledger may have forgotten when it went back in time. Each becomes the attempt
-- of its job, of its campaign's row, or of a job that is created from the listing. The result for each:
--   same      known already, now or as an earlier attempt
--   earlier   an attempt before the last one; kept, so that what Telnyx says of it is not taken for a fax too many
--   bound     the job was known and takes the fax for its last attempt
--   row       so did a row that had no job yet
--   made      the job was not known
--   ended     the row has ended, or continues as another generation
--   conflict  the job has ended, or has another fax for this attempt, or Telnyx says too little
-- Keys: fax:accepted:*, fax:agenda, fax:calls, fax:calls:*, fax:campaign:*, fax:campaign:*:parked, fax:connections,
--   fax:counts, fax:events, fax:fax:*, fax:granted:*, fax:held:*, fax:history:*, fax:holds, fax:index, fax:index:*,
--   fax:index:*:names:*, fax:job:*, fax:ledger, fax:limits, fax:line:*, fax:line:*:waiting, fax:paused:*, fax:since:*,
--   fax:spend:*, fax:spend:campaign:*, fax:strays, fax:waiting:*
local function begin_job(f)
  local made = f.made
  local j = begin(f.job, {
    attempt = 0, rank = 0, to = made.to, sender = f.sender or '', connection = f.connection or '', request = made.text,
    fingerprint = made.fingerprint, priority = made.priority, tags = made.tags, created = f.submitted, fax_id = '',
    recovered = '1', nth = index_job(f.job, made.mark),
  })
  emit(j, 'job.queued', {data = json({recovered = true})})
  move(j, 'queued')
end

-- Create the job of a row of the campaign's generation that has none yet. Returns the reason if that is not possible.
local function open_row(row, generation)
  local key = campaign_key(row.campaign)
  local code = redis.call('GETRANGE', key .. ':states', row.row - 1, row.row - 1)
  local again = (code == CODE.failed or code == CODE.cancelled) and not ended_in(row.campaign, row.row, row.generation)
  if code ~= 'p' and not again then return 'ended' end
  if a.dry then return nil end
  if row.number then redis.call('HSET', key .. ':numbers', row.row, row.number) end
  redis.call('HINCRBY', key, code, -1)
  begin_row(row.campaign, generation, row.tags, row)
end

-- The job of a fax, and how it was found; nil if its row no longer has one, or if `dry` is set and nothing may be
-- changed.
local function job_of(f)
  local j, row = load(f.job), f.row
  if j then return j, 'bound' end
  local known = row and redis.call('HGET', campaign_key(row.campaign), 'generation')
  if known then
    local code = redis.call('GETRANGE', campaign_key(row.campaign) .. ':states', row.row - 1, row.row - 1)
    if tonumber(known) > row.generation then return nil, 'ended' end
    if a.dry and tonumber(known) < row.generation then return nil, 'row' end
    if tonumber(known) == row.generation and code ~= '-' and code ~= '' then
      local refused = open_row(row, known)
      if refused or a.dry then return nil, refused or 'row' end
      return load(f.job), 'row'
    end
  end
  if not f.made then return nil, 'conflict' end
  if a.dry then return nil, 'made' end
  begin_job(f)
  return load(f.job), 'made'
end

-- What a claim does, for a claim that the ledger has forgotten.
local function claimed_then(j, f)
  settle(j)
  leave(j)
  local connection = f.connection or j.connection
  if connection ~= j.connection then give_channel_back(j) end
  redis.call('ZREM', 'fax:granted:' .. j.connection, j.job)
  if j.fax_id ~= '' then redis.call('PEXPIRE', 'fax:fax:' .. j.fax_id, kept(j)) end
  save(j, {connection = connection, sender = f.sender or j.sender, fax_id = '', granted = ''})
  if connection ~= '' then redis.call('SADD', 'fax:connections', connection) end
  emit(j, 'job.submitted', {attempt = f.attempt, occurred_at = f.submitted, data = json({recovered = true})})
  reserve_money(j, f.cost)
  move(j, 'submitting', {
    attempt = f.attempt, owner = '', submitted = whole(f.submitted), submitted_telnyx = whole(f.submitted), fax_id = '',
    rank = 0, provider = '', hold = '', due = '', cause = '', asked = 0, listings = 0, hints = 0, freed = '',
    estimate = whole(f.cost), account = a.account,
  })
end

local function take(j, f)
  if j.fax_id == f.fax_id or redis.call('EXISTS', 'fax:fax:' .. f.fax_id) == 1 then return 'same' end
  if f.attempt < j.attempt then
    if not a.dry then redis.call('SET', 'fax:fax:' .. f.fax_id, j.job .. ':' .. f.attempt, 'PX', kept(j)) end
    return 'earlier'
  end
  if TERMINAL[j.state] or (f.attempt == j.attempt and not alive_unseen(j)) then return 'conflict' end
  if a.dry then return 'bound' end
  if f.attempt > j.attempt then claimed_then(j, f) end
  bind(j, f.attempt, f.fax_id, {source = a.source})
  return 'bound'
end

local function bring_back(f)
  local j, how = job_of(f)
  if not j then return {outcome = how} end
  local outcome = take(j, f)
  return {outcome = outcome == 'bound' and how or outcome}
end

local answers = {}
for index, f in ipairs(a.faxes) do answers[index] = bring_back(f) end
return reply(answers)
