"""Child processes: bounded, ended with their parent, and listened to."""
