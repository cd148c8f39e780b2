"""Campaigns: one document, or one each, to a list of recipients."""
