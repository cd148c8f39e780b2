-- Code that all moves share, in files by topic. A script consists of the parts that it uses by name, followed by its
-- own text. Everything here is a `local` of the outermost level and uses only what comes before it.
--
-- ARGV[1] is one JSON object, for which RULES has the defaults; the reply is one JSON text. Times are milliseconds of
-- Redis' own clock; only the rate is in microseconds. An open job is always in exactly one of four places, so that it
-- can never be forgotten:
--   fax:agenda                  sorted by the time at which the scheduler must look at it
--   fax:waiting:<connection>    the jobs that wait for a free channel, best first
--   fax:line:<number>:waiting   the jobs that wait for a busy number, best first
--   fax:campaign:<id>:parked    the rows that wait for their campaign to go on
-- A job in flight holds a place in fax:calls:<connection> and the string fax:line:<number>; both are given back by the
-- same atomic move that ends the flight, so they cannot leak. fax:since:<state> has the jobs in each open state by the
-- time at which they came there; for `accepted` it is the time of Telnyx' last news. fax:held:<reason> has the held
-- jobs by the time until which they are held, or since when.

local a = setmetatable(cjson.decode(ARGV[1]), {__index = RULES})

local now, micros
if a.now then
  now, micros = a.now, a.now * 1000
else
  local time = redis.call('TIME')
  micros = time[1] * 1000000 + time[2]
  now = math.floor(micros / 1000)
end

local TERMINAL = {delivered = true, failed = true, cancelled = true}
local CLASS = {urgent = 0, normal = 1, bulk = 2}
local DAY = 86400000

-- A number as text; Lua by itself would round a large one.
local function whole(number)
  return string.format('%d', number)
end

local function hash(key)
  local flat = redis.call('HGETALL', key)
  if #flat == 0 then return nil end
  local t = {}
  for i = 1, #flat, 2 do t[flat[i]] = flat[i + 1] end
  return t
end

-- Changes of a job are written once, at the end of the script, by `reply`. Until then they are in `unsaved`, and
-- loading the job again returns the same table.
local loaded, unsaved = {}, {}

local function load(job)
  if loaded[job] then return loaded[job] end
  local j = hash('fax:job:' .. job)
  if not j then return nil end
  loaded[job] = j
  j.job = job
  j.attempt = tonumber(j.attempt)
  j.seq = tonumber(j.seq)
  j.rank = tonumber(j.rank)
  j.connection = j.connection or ''
  j.fax_id = j.fax_id or ''
  return j
end

-- Unchanged fields are not written; a missing field counts as empty.
local function save(j, fields)
  local changed = unsaved[j] or {}
  unsaved[j] = changed
  for name, value in pairs(fields) do
    local was = j[name]
    if was ~= value and (was or value ~= '') then changed[name] = value end
    j[name] = value
  end
end

-- A new job with these fields.
local function begin(job, fields)
  local j = {job = job, seq = 0}
  -- Another job in the same script may have the same id.
  loaded[job] = j
  save(j, fields)
  -- Other versions that may run beside this one rely on it.
  unsaved[j].fax_id = ''
  return j
end

local function write(j)
  local flat = {}
  for name, value in pairs(unsaved[j] or {}) do
    flat[#flat + 1] = name
    flat[#flat + 1] = value
  end
  unsaved[j] = nil
  if #flat > 0 then redis.call('HSET', 'fax:job:' .. j.job, unpack(flat)) end
end

-- Counters are written at the end, too: if many jobs take the same step, each counter is written once.
local tallied = {}

local function tally(key, field, by)
  local fields = tallied[key] or {}
  tallied[key] = fields
  fields[field] = (fields[field] or 0) + by
end

local function write_tallies()
  for key, fields in pairs(tallied) do
    for field, by in pairs(fields) do
      if by ~= 0 then redis.call('HINCRBY', key, field, by) end
    end
  end
  tallied = {}
end

-- Scores in sorted sets, and members of sets that the script does not read again, are written at the end, too.
local scores, members = {}, {}

-- `member` gets this score in the sorted set `key`; without a score it is removed.
local function score(key, member, at)
  local of = scores[key] or {}
  scores[key] = of
  of[member] = at or false
end

-- `member` is put into the set `key`, or removed from it.
local function enlist(key, member, is_in)
  local of = members[key] or {}
  members[key] = of
  of[member] = is_in
end

local MOST_ARGUMENTS = 1000

local function write_many(command, key, arguments)
  for first = 1, #arguments, MOST_ARGUMENTS do
    redis.call(command, key, unpack(arguments, first, math.min(first + MOST_ARGUMENTS - 1, #arguments)))
  end
end

local function write_scores()
  for key, of in pairs(scores) do
    local put, out = {}, {}
    for member, at in pairs(of) do
      if at then
        put[#put + 1] = at
        put[#put + 1] = member
      else
        out[#out + 1] = member
      end
    end
    write_many('ZREM', key, out)
    write_many('ZADD', key, put)
  end
end

local function write_members()
  for key, of in pairs(members) do
    local put, out = {}, {}
    for member, is_in in pairs(of) do
      if is_in then put[#put + 1] = member else out[#out + 1] = member end
    end
    write_many('SREM', key, out)
    write_many('SADD', key, put)
  end
  members = {}
end

-- Other writes at the end: functions.
local at_end = {}

-- Whether a key that rarely exists does; a script that writes to it calls `now_there`.
local there = {}

local function is_there(key)
  if there[key] == nil then there[key] = redis.call('EXISTS', key) == 1 end
  return there[key]
end

local function now_there(key)
  there[key] = true
end

-- Delete keys at the end that the script neither reads nor writes again.
local dropped = {}

local function write_drops()
  for first = 1, #dropped, MOST_ARGUMENTS do
    redis.call('UNLINK', unpack(dropped, first, math.min(first + MOST_ARGUMENTS - 1, #dropped)))
  end
end

local function drop(key)
  if #dropped == 0 then at_end[#at_end + 1] = write_drops end
  dropped[#dropped + 1] = key
end

-- Every script ends with it. `last` writes what must come after everything else.
local function reply(t, last)
  for _, act in ipairs(at_end) do act() end
  for j in pairs(unsaved) do write(j) end
  write_tallies()
  write_scores()
  write_members()
  if last then last() end
  return cjson.encode(t)
end
