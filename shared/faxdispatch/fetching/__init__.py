"""Links from outside, fetched safely."""
