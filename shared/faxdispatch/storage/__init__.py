"""The documents of inbound faxes: fetched from links of others, checked and stored."""
