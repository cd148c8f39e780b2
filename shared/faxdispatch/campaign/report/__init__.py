"""What became of each recipient."""
