"""Messages from the broker: taken, checked, and sent."""
