-- A process looks whether the ledger is the one that it remembers, and signs.
local epoch, signed = witness(a.witness)
return reply({epoch = epoch, signed = signed})
