"""`faxdispatch canary`: one real fax through the whole chain, and which link of it holds."""
