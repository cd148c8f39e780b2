"""The leading worker's regular work."""
