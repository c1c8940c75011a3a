"""Verifiable public draws: plan, rosters, ceremony, allocation, record. `conduct` is the way in."""
