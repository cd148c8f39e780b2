"""The console: everything that the ledger knows and the commands do, in a browser."""
