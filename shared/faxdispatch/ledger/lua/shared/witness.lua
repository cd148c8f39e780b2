-- Whether the ledger is the one that its processes remember, or went back in time: restored, emptied, or a replica that
-- had not received everything. Each running process signs the ledger with every claim and twice a second, with a number
-- that only grows, and remembers it. If it later finds a lower number, the ledger went back. From then on nothing is
-- sent before a recovery, which begins another epoch: what processes remember of the previous epoch no longer counts.
--   fax:ledger      hash: among others `epoch`, and `behind`, the facts, where it went back and is not recovered yet
-- While it is copied by us it has `copied` besides, with the run of the server; found on another run, it is the copy.
--   fax:witnesses   each process by its number, the time at which it signed last
local WITNESSES_KEPT = 604800000

local function is_behind()
  return redis.call('HEXISTS', 'fax:ledger', 'behind') == 1
end

local function mark_behind(w, epoch, found)
  redis.call('HSET', 'fax:ledger', 'id', w.ledger, 'epoch', whole(math.max(epoch, w.epoch)), 'behind', json({
    noticed = now, remembered = w.seen, found = found,
  }))
  emit_about('ledger', 'ledger.went_back', {source = a.source, data = json({remembered = w.seen, found = found})})
end

-- The time at which this copy was made, if the ledger is a copy that is not recovered yet. A process that may not check
-- treats the ledger as a copy.
local function copied_at(text)
  local copied = cjson.decode(text)
  local about = redis.pcall('INFO', 'server')
  local run = type(about) == 'string' and string.match(about, 'run_id:(%x+)')
  return run ~= copied.run and copied.at or nil
end

-- Let a process check and sign. Returns the epoch and the process's number, or 0 if nothing may be sent.
local function witness(w)
  local known = redis.call('HMGET', 'fax:ledger', 'behind', 'epoch', 'id', 'copied')
  local epoch, found = tonumber(known[2] or '1'), tonumber(redis.call('ZSCORE', 'fax:witnesses', w.who) or '0')
  if known[1] then return 0 end
  local copy = known[4] and copied_at(known[4])
  if copy then
    redis.call('HDEL', 'fax:ledger', 'copied')
    mark_behind({ledger = known[3] or w.ledger, epoch = w.epoch, seen = now}, epoch, copy)
    return 0
  end
  if w.epoch > epoch or (w.epoch == epoch and (found < w.seen or known[3] ~= w.ledger)) then
    mark_behind(w, epoch, found)
    return 0
  end
  if w.epoch == 0 then redis.call('ZREMRANGEBYSCORE', 'fax:witnesses', '-inf', now - WITNESSES_KEPT) end
  local signed = math.max(now, found + 1)
  redis.call('ZADD', 'fax:witnesses', signed, w.who)
  return epoch, signed
end
