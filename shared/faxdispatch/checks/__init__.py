"""What `faxdispatch doctor` looks at: one file for each neighbour, one small function for each question."""
