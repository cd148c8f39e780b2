"""`faxdispatch media …`, one file a command or two; `group.py` is the table of them."""
