"""One real page through the whole chain, and the judgement of it."""
