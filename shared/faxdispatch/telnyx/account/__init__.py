"""The account at Telnyx that the ledger sends with: which account a key belongs to, and calls at the shared rate."""
