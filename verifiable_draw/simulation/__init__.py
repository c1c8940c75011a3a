"""Whole ceremonies and years of a made-up county in one process, for trials, tests and the yearly demo."""
