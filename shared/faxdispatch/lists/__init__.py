"""Reading a list of recipients, and checking each of its rows."""
