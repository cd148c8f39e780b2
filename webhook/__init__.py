"""Receives: verifies Telnyx webhooks, records them, answers 200. Nothing else."""
