"""Sentences of the plan; filled with the code that says them."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str, str, str]] = {}
