"""The web app: verifies Telnyx's webhooks, records them, answers 200. Nothing else."""
