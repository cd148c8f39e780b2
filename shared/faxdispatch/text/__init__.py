"""Text for people: without what must not be seen, without control characters, with counts and moments in words."""
