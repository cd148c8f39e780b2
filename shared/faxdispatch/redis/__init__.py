"""How Redis is reached: its address, read once, and the connections to it."""
