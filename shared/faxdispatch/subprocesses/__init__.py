"""Child processes: with limits, ended with their parent, and with their output read."""
