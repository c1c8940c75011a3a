"""The ceremony application: one process on the bureau's laptop with three faces (spec/room.md).

```
desk       the one thread that owns the room; snapshots for everybody else; what runs for long
front      what the desk keeps beside the ledger: requests to be enrolled, the room's code, confirmations
board      what the ledger says, put together for screens        steps   which button comes next, and what it says
public     /api/v1, for observers' devices and anybody            guard   limits, headers, who may come in
console    frame of the clerk's pages (login, forms, errors)      screen  the projector
pages      what each page shows   plan_form, form_parts   what forms hold
office_actions, roster_actions, day_actions   what each form does: one step of `conduct`
autopilot  what follows by itself   bureau_device   the bureau's own contribution   app, serve   put together, started
observer/  the observers' page: a device of its own, on the verifier's modules
```
"""
