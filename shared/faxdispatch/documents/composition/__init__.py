"""One PDF out of several parts: a cover page of text, documents one after the other, word processor files."""
