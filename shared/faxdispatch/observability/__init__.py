"""How operators see the processes: logs, traces, and outages that are reported once."""
