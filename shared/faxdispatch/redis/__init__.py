"""Redis: its address, which is read once, and the connections to it."""
