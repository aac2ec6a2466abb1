"""Passages in, checked answers with their probabilities out."""
