"""Estimates of a campaign's cost and of its end."""
