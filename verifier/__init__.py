"""An independent verifier of public draws, written from the specification alone.

    python -m verifier RECORD [--trust FILE] [--ledger ENTRIES.jsonl] [--sealed FILE ...] [--json] [--lang zh|en]
    python -m verifier --fork FILE (--key HEX ... | --trust FILE) [--json] [--lang zh|en]

RECORD is a folder or a zip. Exit codes: 0 fairness proven, 1 proven inconsistent, 2 could not decide, 3 consistent but
not proven. With --fork, which takes evidence that a ledger was forked: 0 proven, 1 not proven, 2 could not decide.
Python 3.8 or later and its standard library are all that is needed; nothing is read but the files named, and no network
is used. Comments cite the numbered rules of the specification (E5, L3, C21, A17, V57 ...).
"""
