-- Record which account an API key belongs to, according to Telnyx: this ledger's, or another. The account of the first
-- key becomes the ledger's; with `adopt`, a person makes this one the ledger's from now on.
--   fax:ledger              hash: among others `account`, and Telnyx' id of the `owner`, if Telnyx gives it
--   fax:ledger:keys         digests of the keys that are known, each with its account
--   fax:ledger:applications ids of the fax applications that the account was seen with
-- Keys: fax:events, fax:job:*, fax:ledger, fax:ledger:applications, fax:ledger:keys, fax:other:*
local LEDGER, KEYS_OF, APPLICATIONS = 'fax:ledger', 'fax:ledger:keys', 'fax:ledger:applications'
local account = redis.call('HGET', LEDGER, 'account')

local function is_same()
  local owner = redis.call('HGET', LEDGER, 'owner')
  if owner and a.owner then return owner == a.owner end
  for _, application in ipairs(a.applications) do
    if redis.call('SISMEMBER', APPLICATIONS, application) == 1 then return true end
  end
  return redis.call('HGET', KEYS_OF, a.key) == account
end

local outcome = 'same'
if not account or a.adopt then
  outcome = account and account ~= a.account and 'adopted' or account and 'same' or 'first'
  account = a.account
  redis.call('HSET', LEDGER, 'account', account)
  redis.call('HDEL', LEDGER, 'owner')
  redis.call('DEL', APPLICATIONS)
elseif not is_same() then
  return reply({outcome = 'other', account = account})
end
redis.call('HSET', KEYS_OF, a.key, account)
if a.owner then redis.call('HSET', LEDGER, 'owner', a.owner) end
if #a.applications > 0 then redis.call('SADD', APPLICATIONS, unpack(a.applications)) end
if outcome == 'adopted' then
  emit_about('ledger', 'ledger.adopted', {
    source = a.source, data = json({account = account, reason = a.reason, operator = a.operator}),
  })
end
return reply({outcome = outcome, account = account})
