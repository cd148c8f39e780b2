-- A recovery found faxes of a later generation than the ledger knows, so the known generation had ended: the campaign
-- continues as generation `generation`. Its open jobs, all of earlier generations, are closed: a failed attempt ends
-- its row as failed, and any other row is pending again. This must be one step, since the job of an open row always
-- belongs to its campaign's generation.
-- Keys: fax:agenda, fax:calls, fax:calls:*, fax:campaign:*, fax:campaign:*:parked, fax:channels, fax:channels:*,
--   fax:connections, fax:counts, fax:ended, fax:events, fax:fax:*, fax:granted:*, fax:held:*, fax:history:*, fax:holds,
--   fax:idem:*, fax:index:*, fax:index:*:names:*, fax:index:causes, fax:job:*, fax:limits, fax:line:*,
--   fax:line:*:waiting, fax:other:*, fax:paused:*, fax:since:*, fax:spend:*, fax:spend:campaign:*, fax:turn:*,
--   fax:turns:*:*, fax:waiting:*
local id, generation = a.campaign, a.generation
local key = campaign_key(id)
local state, current = campaign_state(id), tonumber(redis.call('HGET', key, 'generation') or '0')
if state == 'gone' or state == 'draft' or state == 'cancelled' or current >= generation then
  return reply({outcome = 'no', state = state})
end

local function close(j)
  if j.state == 'deciding' or j.state == 'accepted' then
    emit(j, 'job.exhausted', {data = json({reason = 'superseded'})})
    -- Later reports from Telnyx about the fax no longer count.
    finish(j, 'failed', {rank = 9, cause = j.state == 'deciding' and j.cause or 'superseded'})
  else
    emit(j, 'job.cancelled', {data = json({reason = 'superseded'})})
    finish(j, 'cancelled', {rank = 9, cause = ''})
    set_code(id, j.row, 'p')
    redis.call('HINCRBY', key, CODE.cancelled, -1)
    redis.call('HINCRBY', key, 'p', 1)
  end
end

for _, row in ipairs(redis.call('SMEMBERS', key .. ':open')) do
  local j = load(row_job(id, row, whole(current)))
  if j then close(j) end
end
redis.call('HSET', key, 'generation', whole(generation), 'cursor', 0, 'changed', now, 'recent', '')
if state == 'finished' then redis.call('HSET', key, 'state', 'checked') end
redis.call('DEL', key .. ':causes:count')
emit_campaign(id, 'campaign.retried', {generation = generation, reason = 'recovered'})
return reply({outcome = 'followed', state = campaign_state(id)})
