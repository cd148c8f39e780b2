"""What those who run the processes see of them: logs, and outages told once."""
