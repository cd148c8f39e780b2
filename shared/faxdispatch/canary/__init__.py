"""One real page through the whole chain, and a judgement of each link."""
