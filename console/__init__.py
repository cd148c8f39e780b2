"""The console: the ledger's data and the commands' functions, in a browser."""
