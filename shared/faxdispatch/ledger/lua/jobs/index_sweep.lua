-- Remove the jobs that have expired from one block of the index. `more` is true if the next block may have some, too:
-- jobs that were recorded within the retention have certainly not expired.
-- Keys: fax:index, fax:index:*, fax:index:*:names:*, fax:job:*
local facts = redis.call('HMGET', 'fax:index', 'next', 'first')
local next, first = tonumber(facts[1] or '0'), tonumber(facts[2] or '0')
local block = math.max(a.block, math.floor(first / BLOCK))
local key = 'fax:index:' .. whole(block)
if (block + 1) * BLOCK > next then return reply({more = false}) end
local text = redis.call('GET', key) or ''
local kept = 0

local function job_at(slot, kind, bytes)
  if kind == NAMED then return redis.call('HGET', key .. ':names:' .. whole(math.floor(slot / PART)), slot) or '' end
  local hex = string.gsub(bytes, '.', function(byte) return string.format('%02x', string.byte(byte)) end)
  if kind == 0 then return hex end
  return (string.gsub(hex, '^(' .. string.rep('.', 8) .. ')(....)(....)(....)', '%1-%2-%3-%4-'))
end

for slot = 0, #text / RECORD - 1 do
  local at = slot * RECORD
  local code, _, kind, _, _, recorded = struct.unpack('>BBBBHI', text, at + 1)
  if code ~= 0 then
    if recorded > (now - a.retention) / 1000 then return reply({more = false}) end
    if redis.call('EXISTS', 'fax:job:' .. job_at(slot, kind, string.sub(text, at + 17, at + 32))) == 1 then
      kept = kept + 1
    else
      index_forget(block * BLOCK + slot)
    end
  end
end
if kept == 0 then
  redis.call('UNLINK', key)
  if block == math.floor(first / BLOCK) then redis.call('HSET', 'fax:index', 'first', whole((block + 1) * BLOCK)) end
end
return reply({more = true, next = block + 1})
