"""The archive: films hashed into the ledger, discs with everything that proves a session, and how they are checked."""
