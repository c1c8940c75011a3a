"""The ceremony application: one process on the bureau's laptop with three faces (spec/room.md).

```
desk       the one thread that owns the room; snapshots for everybody else; what runs for long
front      what the desk keeps beside the ledger: requests to be enrolled, the room's code, confirmations
board      what the ledger says, put together for screens        steps   which button comes next, and what it says
public     /api/v1, for observers' devices and anybody            guard   limits, headers, who may come in
console    the clerk's pages                                      screen  the projector
```
"""
