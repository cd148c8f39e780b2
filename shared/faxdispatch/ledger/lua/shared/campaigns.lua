-- Campaigns: one list, with one row for each recipient. The row's number is its identity; it has a job only while it
-- waits, in flight or waits for a retry.
--   fax:campaign:<id>                   hash: state, options, and how many rows stand where
--   fax:campaign:<id>:states            a code a row: - none, p pending, o open (it has a job), else as in CODE
--   fax:campaign:<id>:results:<block>   a record of 32 bytes a row that has ended, 1024 rows a block
--   fax:campaign:<id>:open              the rows that have a job
--   fax:campaign:<id>:parked            jobs that wait for their campaign: the fourth place where an open job can be
--   fax:campaign:<id>:causes            the numbers that stand for causes in the records
--   fax:campaign:<id>:causes:count      how many rows of this generation ended for each cause without delivery
--   fax:campaign:<id>:faxes             fax ids that are no UUIDs and so do not fit into a record
local CODE = {delivered = 'd', failed = 'f', cancelled = 'c', suppressed = 's'}
local BLOCK, RECORD = 1024, 32

local function campaign_key(id)
  return 'fax:campaign:' .. id
end

local function is_row(j)
  return (j.row or '') ~= ''
end

-- The same as `job_of_row` in Python.
local function row_job(id, row, generation)
  local job = id .. '-' .. row
  return generation == '1' and job or job .. '_' .. generation
end

local function campaign_state(id)
  return redis.call('HGET', campaign_key(id), 'state') or 'gone'
end

local function pending_rows(id)
  return tonumber(redis.call('HGET', campaign_key(id), 'p') or '0')
end

local function open_rows(id)
  write_members()
  return redis.call('SCARD', campaign_key(id) .. ':open')
end

local function emit_campaign(id, kind, facts)
  facts.campaign_id = id
  emit_about('campaign-' .. id, kind, {source = a.source, campaign = id, data = json(facts)})
end

local function number_of_cause(key, cause)
  if cause == '' then return 0 end
  local known = redis.call('HGET', key, cause)
  if known then return tonumber(known) end
  local number = math.min(255, redis.call('HLEN', key) + 1)
  redis.call('HSET', key, cause, number)
  return number
end

local UUID = '^' .. string.rep('[%da-f]', 8) .. string.rep('%-' .. string.rep('[%da-f]', 4), 3) .. '%-'
  .. string.rep('[%da-f]', 12) .. '$'

-- Only ids that can be restored from their sixteen bytes are stored in this form.
local function sixteen_bytes(id, row, fax_id)
  local key = campaign_key(id) .. ':faxes'
  if string.find(fax_id, UUID) then
    if is_there(key) then redis.call('HDEL', key, row) end
    local digits, words = string.gsub(fax_id, '-', ''), {}
    for at = 1, 25, 8 do words[#words + 1] = tonumber(string.sub(digits, at, at + 7), 16) end
    return struct.pack('>IIII', unpack(words))
  end
  if fax_id ~= '' then
    redis.call('HSET', key, row, fax_id)
    now_there(key)
  elseif is_there(key) then
    redis.call('HDEL', key, row)
  end
  return string.rep('\0', 16)
end

-- The codes that a script sets are written once, at its end, and adjacent ones together.
local codes = {}

local function write_codes()
  for id, of in pairs(codes) do
    for row, code in pairs(of) do
      if not of[row - 1] then
        local run = {code}
        while of[row + #run] do run[#run + 1] = of[row + #run] end
        redis.call('SETRANGE', campaign_key(id) .. ':states', row - 1, table.concat(run))
      end
    end
  end
end

local function set_code(id, row, code)
  if next(codes) == nil then at_end[#at_end + 1] = write_codes end
  codes[id] = codes[id] or {}
  codes[id][tonumber(row)] = code
end

-- Blocks of records that are known to exist.
local blocks = {}

-- The permanent result of a row: code, generation, attempts, cause, pages, seconds, cost, when, fax id.
local function write_record(id, row, code, j)
  local record = struct.pack(
    '>BBBBHHII', string.byte(code), tonumber(j.generation or '1') % 256, math.min(255, j.attempt or 0),
    number_of_cause(campaign_key(id) .. ':causes', j.cause or ''), math.min(65535, tonumber(j.pages or '') or 0),
    math.min(65535, tonumber(j.duration or '') or 0), math.min(4294967295, tonumber(j.spent or '') or 0),
    math.floor(now / 1000)
  ) .. sixteen_bytes(id, row, j.fax_id or '')
  local at = row - 1
  local block = math.floor(at / BLOCK)
  local key = campaign_key(id) .. ':results:' .. whole(block)
  if not blocks[key] and redis.call('EXISTS', key) == 0 then
    -- Written in full length from the start, since Redis reserves twice the memory for a string that grows.
    local rows = math.min(BLOCK, tonumber(redis.call('HGET', campaign_key(id), 'size')) - block * BLOCK)
    redis.call('SETRANGE', key, rows * RECORD - 1, '\0')
  end
  blocks[key] = true
  redis.call('SETRANGE', key, (at % BLOCK) * RECORD, record)
end

-- Whether the record of a row belongs to generation `generation`.
local function ended_in(id, row, generation)
  local at = row - 1
  local from = (at % BLOCK) * RECORD + 1
  local byte = redis.call('GETRANGE', campaign_key(id) .. ':results:' .. whole(math.floor(at / BLOCK)), from, from)
  return byte ~= '' and string.byte(byte) == generation % 256
end

local function end_row(j, to)
  local row, code = tonumber(j.row), CODE[to]
  if to == 'cancelled' and j.cause == 'suppressed' then code = CODE.suppressed end
  set_code(j.campaign, row, code)
  write_record(j.campaign, row, code, j)
  if code ~= CODE.delivered and (j.cause or '') ~= '' then
    tally(campaign_key(j.campaign) .. ':causes:count', j.cause, 1)
  end
  enlist(campaign_key(j.campaign) .. ':open', j.row, false)
  tally(campaign_key(j.campaign), code, 1)
end

-- A campaign's job changes its state; `from` is nil for a new job.
local function count_row(j, from, to)
  local key = campaign_key(j.campaign)
  if from then tally(key, 'open:' .. from, -1) end
  if TERMINAL[to] then end_row(j, to) else tally(key, 'open:' .. to, 1) end
end

-- Campaigns that this script has found running.
local runs = {}

local function pause_campaign(id, reason, facts)
  if campaign_state(id) ~= 'running' then return end
  runs[id] = nil
  redis.call('HSET', campaign_key(id), 'state', 'paused', 'reason', reason, 'changed', now)
  facts.reason = reason
  emit_campaign(id, 'campaign.paused', facts)
end

-- Record the result of a campaign's attempt. Too many failures among the last attempts pause the campaign, before the
-- rest of its list fails, too.
local attempts_of = {}

local function write_attempts()
  for key, of in pairs(attempts_of) do
    if of.recent ~= of.before then redis.call('HSET', key, 'recent', of.recent) end
  end
end

local function note_attempt(j, good)
  if not is_row(j) then return end
  local key = campaign_key(j.campaign)
  local of = attempts_of[key]
  if not of then
    local before = redis.call('HGET', key, 'recent') or ''
    if next(attempts_of) == nil then at_end[#at_end + 1] = write_attempts end
    of = {before = before, recent = before}
    attempts_of[key] = of
  end
  of.recent = string.sub(of.recent .. (good and 'g' or 'b'), -a.burst_window)
  local _, bad = string.gsub(of.recent, 'b', '')
  if #of.recent == a.burst_window and bad >= a.burst_failures then
    of.recent = ''
    pause_campaign(j.campaign, 'error_burst', {failures = bad, attempts = a.burst_window})
  end
end

-- Numbers that get no campaigns: fax:suppressed has their records, fax:suppressed:until the times at which temporary
-- ones end.
local function suppressed(number)
  if not is_there('fax:suppressed') or redis.call('HEXISTS', 'fax:suppressed', number) == 0 then return false end
  local till = redis.call('ZSCORE', 'fax:suppressed:until', number)
  return not till or tonumber(till) > now
end

-- The number of rows that were never tried: pending ones, and those that a pause has parked.
local function untried(id)
  if pending_rows(id) > 0 then return true end
  return #redis.call('ZRANGEBYSCORE', campaign_key(id) .. ':parked', '-inf', whole(SPAN), 'LIMIT', 0, 1) > 0
end

-- The whole list is tried once before any row is tried again, but at most `most_open` rows wait for that. The limit
-- here is a tenth lower, so that rows released because of it are not held again as soon as the first one ends.
local function others_go_first(j)
  return j.attempt > 0 and untried(j.campaign) and open_rows(j.campaign) < 0.9 * a.most_open
end

-- Whether a row may be sent: nil, or why its campaign stops it: `cancelled`, `suppressed`, `paused`, or `order` for a
-- retry.
local function stopped_by_campaign(j)
  if not is_row(j) then return nil end
  local state = runs[j.campaign] and 'running' or campaign_state(j.campaign)
  runs[j.campaign] = state == 'running'
  if state == 'cancelled' or state == 'gone' then return 'cancelled' end
  if suppressed(j.to) then return 'suppressed' end
  if state ~= 'running' then return 'paused' end
  if others_go_first(j) then return 'order' end
  return nil
end
