"""Whom a fax may call, when, and at what price."""
