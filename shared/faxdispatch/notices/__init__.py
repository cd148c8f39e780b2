"""Telling people of incidents: what one is, where it is told, and who tells it."""
