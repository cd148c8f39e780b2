"""What a document is, whether it can be faxed, and how many pages it has."""
