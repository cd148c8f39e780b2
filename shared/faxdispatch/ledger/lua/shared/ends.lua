-- Counters of ended jobs, one for each kind of end.
--   fax:ended   hash: `failed:<cause>`; `cancelled`; `delivered:<bound>`, how many were delivered within so many seconds
--               of being recorded, but not within the previous bound; `delivered:more` for the rest. The bounds are those
--               of `ledger.measures` in Python.
local BOUNDS = {30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400}

local function count_end(j)
  local field = j.state
  if j.state == 'failed' then
    field = 'failed:' .. (j.cause or '')
  elseif j.state == 'delivered' then
    local took, within = (now - (tonumber(j.created) or now)) / 1000, 'more'
    for _, bound in ipairs(BOUNDS) do
      if took <= bound then
        within = bound
        break
      end
    end
    field = 'delivered:' .. within
  end
  tally('fax:ended', field, 1)
end
