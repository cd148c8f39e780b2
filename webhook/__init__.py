"""The web app, which only verifies Telnyx's webhooks, records them and answers 200."""
