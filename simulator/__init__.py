"""A local Telnyx, for trying, testing and judging faxdispatch. Everything that it answers is simulated."""
