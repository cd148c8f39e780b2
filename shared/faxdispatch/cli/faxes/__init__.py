"""`faxdispatch faxes …`, one file a command; `group.py` is the table of them."""
