-- Put numbers on the suppression list. Each of `entries` has `number`, `reason`, `origin` and, if it ends, `until`; the
-- reply counts how many were `added`, `changed`, or already the `same`. With `report`, each new entry makes an event.
-- Keys: fax:events, fax:job:*, fax:other:*, fax:suppressed, fax:suppressed:until, fax:suppressed:version
sweep_suppressed()
local counts = {added = 0, changed = 0, same = 0}

local function outcome_of(entry)
  local known = redis.call('HGET', 'fax:suppressed', entry.number)
  if not known then return 'added' end
  known = cjson.decode(known)
  local same = known.reason == entry.reason and known.source == entry.origin and known['until'] == entry['until']
  return same and 'same' or 'changed'
end

for _, entry in ipairs(a.entries) do
  local outcome = outcome_of(entry)
  counts[outcome] = counts[outcome] + 1
  if outcome ~= 'same' then
    if a.report then
      emit_about(number_subject(entry.number), 'number.suppressed', {source = a.source, data = json({
        number = entry.number, reason = entry.reason, origin = entry.origin, operator = a.operator,
        ['until'] = entry['until'],
      })})
    end
    local till = entry['until']
    redis.call('HSET', 'fax:suppressed', entry.number, cjson.encode({
      reason = entry.reason, source = entry.origin, operator = a.operator, at = now, ['until'] = till,
    }))
    if till then
      redis.call('ZADD', 'fax:suppressed:until', till, entry.number)
    else
      redis.call('ZREM', 'fax:suppressed:until', entry.number)
    end
  end
end
if counts.added + counts.changed > 0 then redis.call('INCR', 'fax:suppressed:version') end
return reply(counts)
