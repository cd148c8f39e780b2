-- A complete listing does not have the fax. An attempt that Telnyx never accepted does not count towards the job's
-- maximum, but after `most_untaken` of them a person must decide. `look` identifies the listing, so that reporting it
-- twice counts once. `age` is how long ago the listing was requested: the process that reports it may have been
-- suspended meanwhile, and the time of the request counts. `after_claim` is the time from the claim to the request by
-- Telnyx's clock, since Redis' clock may have been changed meanwhile.
-- Keys: fax:agenda, fax:calls, fax:calls:*, fax:campaign:*, fax:campaign:*:parked, fax:channels, fax:channels:*,
--   fax:connections, fax:counts, fax:ended, fax:events, fax:fax:*, fax:granted:*, fax:held:*, fax:history:*, fax:holds,
--   fax:idem:*, fax:index:*, fax:index:*:names:*, fax:index:causes, fax:job:*, fax:limits, fax:line:*,
--   fax:line:*:waiting, fax:other:*, fax:paused:*, fax:since:*, fax:spend:*, fax:spend:campaign:*, fax:turn:*,
--   fax:turns:*:*, fax:waiting:*
local j = load(a.job)
if not j then return reply({outcome = 'gone'}) end
if j.state ~= 'unknown' or j.attempt ~= a.attempt then return reply({outcome = 'no', state = j.state}) end
-- A listing of another account never shows this fax.
if (j.account or '') ~= (a.account or '') and (j.account or '') ~= '' then return reply({outcome = 'elsewhere'}) end
local listings = tonumber(j.listings or 0)
if j.look ~= a.look then
  listings = listings + 1
  save(j, {listings = listings, look = a.look})
end
local looked = math.min(now - a.age - tonumber(j.unknown_since), a.after_claim or math.huge)
if looked < a.settle or listings < a.enough then
  return reply({outcome = 'unknown', listings = listings})
end
local evidence = json({reason = 'never_accepted', listings = listings, looked_for_ms = looked})
if j.cancel == '1' then
  settle(j, 0)
  emit(j, 'job.cancelled', {data = evidence})
  finish(j, 'cancelled')
  return reply({outcome = 'cancelled'})
end
settle(j, 0)
local untaken = tonumber(j.untaken or '0') + 1
save(j, {untaken = untaken})
if untaken >= a.most_untaken then
  local facts = {untaken = untaken, listings = listings, looked_for_ms = looked, cause = j.cause}
  land(j)
  hold(j, 'never_accepted', nil, facts)
  appoint(j, now + a.recheck)
  return reply({outcome = 'held'})
end
emit(j, 'job.retrying', {data = evidence})
-- While calls fail, different faxes make the tries; otherwise the first waiting fax would use up all its attempts.
local pause = pause_of(j.connection)
move(j, 'held', {hold = 'retry', due = now, turn = pause and pause.tries and '' or j.turn or ''})
land(j)
appoint(j, now)
return reply({outcome = 'requeued'})
