"""Pages of a document, as a fax machine prints them."""
