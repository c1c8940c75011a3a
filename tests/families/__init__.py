"""The page for families, and what it stands on."""
