"""A local Telnyx, for trying, testing and judging faxdispatch. Everything it says is a simulation."""
