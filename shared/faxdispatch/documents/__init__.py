"""Documents: their kinds, whether they can be faxed, and their pages."""
