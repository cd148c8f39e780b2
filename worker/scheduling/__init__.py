"""What the leading worker does by itself."""
