-- Money, in millionths of the currency of the settings. Every claim reserves the estimated cost of its fax; the end of
-- the attempt settles the actual cost. fax:spend:<day> counts days of UTC, fax:spend:campaign:<id> a campaign for as
-- long as it is known; its cap is the field `cap` of fax:campaign:<id>.

local function books(j, day)
  local keys = {'fax:spend:' .. whole(day)}
  if (j.campaign or '') ~= '' then keys[2] = 'fax:spend:campaign:' .. j.campaign end
  return keys
end

-- What a script adds to each sum is written once, at its end, together with the expiry of a day's sum.
local booked, days = {}, {}

local function spent(key)
  return tonumber(redis.call('GET', key) or '0') + (booked[key] or 0)
end

local function write_books()
  for key, by in pairs(booked) do
    if by ~= 0 then redis.call('INCRBY', key, whole(by)) end
  end
  for key in pairs(days) do redis.call('PEXPIRE', key, 40 * DAY) end
  booked, days = {}, {}
end

local function book(key, by)
  if next(booked) == nil then at_end[#at_end + 1] = write_books end
  booked[key] = (booked[key] or 0) + by
end

local caps = {}

local function cap_of(campaign)
  if caps[campaign] == nil then caps[campaign] = redis.call('HGET', 'fax:campaign:' .. campaign, 'cap') end
  return caps[campaign]
end

-- Which cap this cost would exceed: `day`, `campaign`, or nil for none.
local function cap_broken(j, cost)
  local keys = books(j, math.floor(now / DAY))
  local day_cap = ruled('day_cap')
  if day_cap and spent(keys[1]) + cost > day_cap then return 'day' end
  local cap = keys[2] and cap_of(j.campaign)
  if cap and spent(keys[2]) + cost > tonumber(cap) then return 'campaign' end
  return nil
end

local function reserve_money(j, cost)
  local day = math.floor(now / DAY)
  local keys = books(j, day)
  for _, key in ipairs(keys) do book(key, cost) end
  days[keys[1]] = true
  save(j, {cost = whole(cost), cost_day = whole(day)})
end

-- The day's cap applies to all connections together, so if a fax on one of them frees money, all can use it.
local function lift_spend_pauses()
  for _, connection in ipairs(redis.call('SMEMBERS', 'fax:connections')) do
    local pause = hash('fax:paused:' .. connection)
    if pause and pause.reason == 'spend_cap' and not cap_broken({}, tonumber(pause.need)) then
      redis.call('HSET', 'fax:paused:' .. connection, 'until', whole(now))
    end
  end
end

-- Several faxes that cost less than was reserved may free enough together.
local makes_room = false

-- The attempt has cost `actual`, or what was reserved if the actual cost is unknown. After that, the sum may be below a
-- cap again.
local function settle(j, actual)
  if (j.cost or '') == '' then return end
  local cost = tonumber(j.cost)
  actual = actual or cost
  if actual ~= cost then
    for _, key in ipairs(books(j, tonumber(j.cost_day))) do book(key, actual - cost) end
  end
  save(j, {cost = '', charged = whole(actual), spent = whole(tonumber(j.spent or '0') + actual)})
  if actual < cost and not makes_room then
    makes_room = true
    at_end[#at_end + 1] = lift_spend_pauses
  end
end

-- An attempt whose cost was settled continues or arrives after all: its estimate is charged again.
local function charge_again(j)
  if (j.cost or '') ~= '' or (j.estimate or '') == '' then return end
  local charged = tonumber(j.charged or '0')
  for _, key in ipairs(books(j, tonumber(j.cost_day))) do book(key, -charged) end
  save(j, {spent = whole(tonumber(j.spent or '0') - charged), charged = '0'})
  reserve_money(j, tonumber(j.estimate))
end

local function price(pages, seconds)
  if not pages or not seconds then return nil end
  return math.ceil(pages * a.page_price + math.ceil(seconds / 60) * a.minute_price)
end
