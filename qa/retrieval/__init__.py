"""A question in, the passages nearest to it out."""
