"""The canary: one real page that is sent through the whole chain, and a verdict on each link of the chain."""
