"""Text for people: without secrets and control characters, with counts and times in words."""
