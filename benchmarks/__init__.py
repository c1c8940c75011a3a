"""Figures, measured side by side with a probe of the machine in the same run: `make bench`."""
