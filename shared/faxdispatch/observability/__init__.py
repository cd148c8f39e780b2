"""What operators see of the processes: logs, traces, notices, and outages that are reported once."""
