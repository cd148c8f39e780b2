"""The documents of inbound faxes: fetched from links, checked and stored."""
