"""The command line `vdraw`: one command a step; `vdraw observer …` is the observers' side."""

from verifiable_draw.cli.app import main

__all__ = ["main"]
