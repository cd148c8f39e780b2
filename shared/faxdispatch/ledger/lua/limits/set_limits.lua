-- Set limits for all processes, with the names and units of the rules; `default` returns to the settings. `found_out`
-- names the estimates of channels that are reset: a connection's, or `account`.
-- Keys: fax:agenda, fax:campaign:*, fax:campaign:*:parked, fax:channels, fax:channels:*, fax:connections, fax:counts,
--   fax:events, fax:held:*, fax:held:spend_cap, fax:history:*, fax:holds, fax:job:*, fax:limits, fax:line:*:waiting,
--   fax:other:*, fax:paused:*, fax:since:*, fax:spend:*, fax:spend:campaign:*, fax:waiting:*
local was = hash('fax:limits') or {}
for name, value in pairs(a.limits) do
  if value == 'default' then redis.call('HDEL', 'fax:limits', name) else redis.call('HSET', 'fax:limits', name, value) end
end
for _, whose in ipairs(a.found_out) do
  local key = whose == 'account' and 'fax:channels' or 'fax:channels:' .. whose
  redis.call('DEL', key, key .. ':full')
end
lift_spend_pauses()
look_again_for_money()
emit_about('limits', 'limits.changed', {
  source = a.source,
  data = json({limits = a.limits, was = was, found_out = a.found_out, reason = a.reason, operator = a.operator}),
})
return reply({})
