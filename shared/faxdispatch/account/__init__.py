"""The account at Telnyx that the ledger sends with: whose a key is, and calls at the rate that all share."""
