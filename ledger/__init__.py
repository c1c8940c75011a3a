"""The ledger: entries, chain, Merkle tree, checkpoints, cosignatures, SQLite store. Knows nothing of draws."""
