"""What our processes leave other users of the machine to do with the files that they write."""

UMASK = 0o077
"""Nothing."""
