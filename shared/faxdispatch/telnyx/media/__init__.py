"""Documents of outbound faxes in Telnyx's media storage."""
