"""`faxdispatch apps …`, one file a concern; `group.py` is the table of the commands."""
