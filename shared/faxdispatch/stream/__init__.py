"""The event stream, as consumers read it."""
