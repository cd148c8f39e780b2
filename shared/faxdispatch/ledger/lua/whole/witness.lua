-- A process checks whether the ledger is the one that it remembers, and signs.
-- Keys: fax:events, fax:job:*, fax:ledger, fax:other:*, fax:witnesses
local epoch, signed = witness(a.witness)
return reply({epoch = epoch, signed = signed})
