-- Make rows of a campaign pending again, as generation `generation`; a row that is already pending in it stays pending.
-- `numbers` has new numbers for some of them.
-- Keys: fax:campaign:*, fax:events, fax:job:*, fax:other:*
local key = campaign_key(a.campaign)
local state = campaign_state(a.campaign)
local current = tonumber(redis.call('HGET', key, 'generation') or '0')
local begun = current == a.generation and (state == 'checked' or state == 'running' or state == 'paused')
if not begun and (state ~= 'finished' or current + 1 ~= a.generation) then
  return reply({outcome = 'no', state = state})
end
if current ~= a.generation then
  redis.call('HSET', key, 'generation', a.generation, 'state', 'checked', 'cursor', 0, 'changed', now, 'recent', '')
  redis.call('DEL', key .. ':causes:count')
  emit_campaign(a.campaign, 'campaign.retried', {generation = a.generation, reason = a.reason, operator = a.operator})
end
local count = 0
for _, row in ipairs(a.rows) do
  local code = redis.call('GETRANGE', key .. ':states', row - 1, row - 1)
  -- If this generation is requested again, only rows that it has not tried are meant, since each job id is used only
  -- once.
  local may = code == CODE.failed or code == CODE.cancelled
  if may and not ended_in(a.campaign, row, a.generation) then
    set_code(a.campaign, row, 'p')
    local number = a.numbers and a.numbers[whole(row)]
    if number then redis.call('HSET', key .. ':numbers', row, number) end
    redis.call('HINCRBY', key, code, -1)
    redis.call('HINCRBY', key, 'p', 1)
    count = count + 1
  end
end
return reply({outcome = 'pending', state = campaign_state(a.campaign), rows = count})
