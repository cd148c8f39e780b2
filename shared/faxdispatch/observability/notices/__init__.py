"""Notices of incidents: what an incident is, where notices go, and who sends them."""
