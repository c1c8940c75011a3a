"""How a seed becomes class lists (spec/allocation.md): grouping before the reveal, permuting after the seed."""
