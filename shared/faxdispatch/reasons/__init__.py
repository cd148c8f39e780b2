"""Reasons why a fax failed or waits, operators' verdicts, and the changes for the next attempt."""
