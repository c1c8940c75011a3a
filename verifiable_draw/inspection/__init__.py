"""What inspectors do: replay the ledger, recompute every draw, look at the year around it (spec/year.md)."""

from __future__ import annotations

from verifiable_draw.inspection.finding import Finding, Place
from verifiable_draw.inspection.material import Material
from verifiable_draw.inspection.running import Inspection, inspect

__all__ = ["Finding", "Inspection", "Material", "Place", "inspect"]
