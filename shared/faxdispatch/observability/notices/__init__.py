"""Notices of incidents: the kinds of incidents, the channels of notices, and the processes that send them."""
