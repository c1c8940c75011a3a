"""Trying a verifier: the cases of spec/cases, a command, and what must come out (spec/conformance.md).

Standard library only, and nothing of the project: this folder and `spec` can be copied together.
"""
