"""The rights of other users of the machine on the files that our processes write."""

UMASK = 0o077
"""Nothing."""
