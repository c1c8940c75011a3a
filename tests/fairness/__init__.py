"""Fairness, measured. Every test has a planted bias beside it that it must catch."""
