"""What the leading worker does without being asked."""
