"""Links of others, fetched safely."""
