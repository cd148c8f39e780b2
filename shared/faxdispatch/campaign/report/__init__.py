"""The report of a campaign: the result for each recipient."""
