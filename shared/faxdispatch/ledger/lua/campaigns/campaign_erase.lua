-- Erase personal data from some rows of one chunk. The results of the rows stay, so that the counts still add up.
-- Pending rows are cancelled. The new chunk, without the data, is in ARGV from 2 on, with the parts that `kinds` names;
-- `was` has the hashes of the parts from which it was made. Returns `changed` if the parts have changed since, `open`
-- if a row has a job.
-- Keys: fax:campaign:*, fax:job:*
local key = campaign_key(a.campaign)
for index, kind in ipairs(a.kinds) do
  local found = redis.call('GET', key .. ':' .. kind .. ':' .. a.chunk)
  if not found or redis.sha1hex(found) ~= a.was[index] then return reply({outcome = 'changed'}) end
end
local codes = {}
for index, row in ipairs(a.rows) do
  codes[index] = redis.call('GETRANGE', key .. ':states', row - 1, row - 1)
  if codes[index] == 'o' then return reply({outcome = 'open'}) end
end
for index, kind in ipairs(a.kinds) do redis.call('SET', key .. ':' .. kind .. ':' .. a.chunk, ARGV[index + 1]) end
for index, row in ipairs(a.rows) do
  if codes[index] == 'p' then
    set_code(a.campaign, row, CODE.cancelled)
    redis.call('HINCRBY', key, 'p', -1)
    redis.call('HINCRBY', key, CODE.cancelled, 1)
  end
  local at = row - 1
  local block = key .. ':results:' .. whole(math.floor(at / BLOCK))
  if redis.call('EXISTS', block) == 1 then
    redis.call('SETRANGE', block, (at % BLOCK) * RECORD + 16, string.rep('\0', 16))
  end
  redis.call('HDEL', key .. ':faxes', row)
  redis.call('HDEL', key .. ':numbers', row)
  redis.call('DEL', 'fax:job:' .. row_job(a.campaign, row, redis.call('HGET', key, 'generation')))
end
return reply({outcome = 'erased'})
