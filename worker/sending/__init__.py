"""One attempt to send one fax."""
