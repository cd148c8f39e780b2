"""The console: everything that the ledger knows and the commands do, for people with a browser."""
