"""Which rights our processes give other users of the machine on the files that they write."""

UMASK = 0o077
"""Nothing."""
