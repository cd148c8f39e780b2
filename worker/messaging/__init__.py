"""Messages from the broker: received, checked, and sent."""
