-- The index by which single faxes are found: a record of 32 bytes for each, in the order in which they were recorded. A
-- record is written when a job is created and when it ends, and at no other time.
--   fax:index                        hash: `next`, the number of the next record; `first`, that of the first one kept
--   fax:index:<block>                1024 records, each: code, cause, kind of id, marks of tags, second of recording,
--                                    hash of the number, id. The code is `o` for an open job, else as in CODE;
--                                    a record that is gone is all zeros
--   fax:index:<block>:names:<part>   ids that are no UUIDs, by their place in the block, 64 places a part
--   fax:index:causes                 the numbers that stand for causes in the records
local NAMED, PART = 2, 64

local function index_place(n)
  local block = math.floor(n / BLOCK)
  local slot = n - block * BLOCK
  local key = 'fax:index:' .. whole(block)
  return key, slot, key .. ':names:' .. whole(math.floor(slot / PART))
end

-- `mark` is the result of `ledger.index.mark` in Python; returns the number of the record.
local function index_job(job, mark)
  local n = redis.call('HINCRBY', 'fax:index', 'next', 1) - 1
  local key, slot, names = index_place(n)
  -- Written in full length from the start, since Redis reserves twice the memory for a string that grows.
  if slot == 0 then redis.call('SETRANGE', key, BLOCK * RECORD - 1, '\0') end
  redis.call('SETRANGE', key, slot * RECORD, struct.pack(
    '>BBBBHIHIIIII', 111, 0, mark[1], mark[2], mark[3], math.floor(now / 1000), mark[4], mark[5], mark[6], mark[7],
    mark[8], mark[9]
  ))
  if mark[1] == NAMED then redis.call('HSET', names, slot, job) end
  return n
end

local function index_end(j)
  if not j.nth then return end
  local key, slot = index_place(tonumber(j.nth))
  local cause = number_of_cause('fax:index:causes', j.state ~= 'delivered' and j.cause or '')
  redis.call('SETRANGE', key, slot * RECORD, struct.pack('BB', string.byte(CODE[j.state]), cause))
end

local function index_forget(n)
  local key, slot, names = index_place(n)
  redis.call('SETRANGE', key, slot * RECORD, string.rep('\0', RECORD))
  redis.call('HDEL', names, slot)
end
