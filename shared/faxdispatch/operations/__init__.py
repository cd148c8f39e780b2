"""What is done across the ledger and Telnyx: recovery, erasing, sending again."""
