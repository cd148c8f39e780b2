"""Operations that use both the ledger and Telnyx: recovery, erasing, sending again."""
