"""Views for everybody: rows of the export whitelist, made of ledger and record alone.

No function here is given a room or a private store; the students of a public list come as finished rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ledger.canonical import short_code
from ledger.entry import Entry
from verifiable_draw import seed
from verifiable_draw.documents.rules import rules
from verifiable_draw.documents.source import Source, body_of, local_time
from verifiable_draw.session_rules import delay_challenge
from verifiable_draw.sources import randomness
from verifiable_draw.texts import text
from verifiable_draw.whitelist import (
    PublicEntry,
    PublicFile,
    PublicHash,
    PublicObserver,
    PublicSession,
    PublicStudent,
    Release,
    public_balance,
    public_draws,
    public_numbers,
    public_observers,
    public_session,
)

Facts = list[tuple[str, str]]


def session_row(source: Source) -> PublicSession:
    """The session as pages name it."""
    return public_session(source.session, source.view.bureau, source.view.origin)


def plan(source: Source) -> Release:
    """The draw plan."""
    return Release("plan", {"draws": public_draws(source.session), "rules": rules(source.session.plan)})


def observers(source: Source) -> list[PublicObserver]:
    """Everybody enrolled, with the time of each commitment."""
    times = {e.message.actor.id: e.time for e in source.entries if e.message.type == "commitment"}
    return public_observers(source.session, times)


def commitments(source: Source) -> Release:
    """The observers' commitment register."""
    hashes = [PublicHash("commits_closed_hash", "C10", source.session.commits_closed)]
    return Release("commitments", {"observers": observers(source), "hashes": hashes})


def minutes(source: Source) -> Release:
    """Every entry with its time, and how the seed came about."""
    return Release(
        "minutes",
        {
            "entries": [_entry(entry) for entry in source.entries],
            "observers": observers(source),
            "draws": public_draws(source.session),
            "balance": public_balance(source.statement),
            "hashes": derivation(source),
        },
    )


def public_list(source: Source, draw: str, students: Sequence[PublicStudent]) -> Release:
    """The class list that is put up at the school."""
    draws = [row for row in public_draws(source.session) if row.id == draw]
    return Release(
        "public-list", {"draws": draws, "numbers": public_numbers(source.statement, draw), "students": students}
    )


def notary(source: Source, files: Mapping[str, bytes]) -> Release:
    """What a notary attests: hashes of everything that decides, and of the record's main files."""
    ledger = [
        PublicHash("origin", "L8", source.view.origin),
        PublicHash("operator", "L4", source.view.ring.operator_at(0).hex()),
        PublicHash("size", "L8", str(source.size)),
        PublicHash("root", "L7", source.root),
        *(PublicHash("cosigned", "L10", name) for name in source.cosigned),
    ]
    return Release(
        "notary",
        {
            "draws": public_draws(source.session),
            "observers": observers(source),
            "hashes": derivation(source),
            "ledger": ledger,
            "files": [row for row in record_files(files) if "/" not in row.path],
        },
    )


def record_files(files: Mapping[str, bytes]) -> list[PublicFile]:
    """Rows of the record's files, by path."""
    return [PublicFile(path, len(data), hashlib.sha256(data).hexdigest()) for path, data in sorted(files.items())]


# How the seed came about


def derivation(source: Source) -> list[PublicHash]:
    """Every value from the plan to the draw seeds, as far as the session has come, with its formula (C3-C23)."""
    session = source.session
    values = [
        ("plan_hash", 'H("plan", plan.json)', session.plan.hash.hex()),
        ("header_hash", 'H("header", header.json)', session.header.hash.hex() if session.header else ""),
        ("commits_closed_hash", 'H("commits.closed", c1, …, cn, digits)', session.commits_closed),
        ("digits", "C9", session.digits),
        ("groups_hash", 'H("groups", SHA-256(groups.json), …)', session.groups_hash),
        ("reveals_closed_hash", 'H("reveals.closed", c1, s1, …, cn, sn)', session.reveals_closed),
    ]
    if session.reveals_closed:
        formula = 'H("delay", header_hash, commits_closed_hash, groups_hash, reveals_closed_hash)'
        values.append(("challenge", formula, delay_challenge(session).hex()))
    if session.delay:
        values.append(("y", f"T = {session.plan.iterations}, n = {len(session.delay)}", session.delay[-1]["y"]))
    if session.beacon:
        digest = randomness(bytes.fromhex(session.beacon["signature"]))
        values.append(("randomness", f"drand {session.beacon['round']}: SHA-256(signature)", digest.hex()))
    if session.seed:
        last = ", randomness" if session.beacon else ", –"
        formula = f'H("seed", header_hash, commits_closed_hash, groups_hash, reveals_closed_hash, y{last})'
        values.append(("seed", formula, session.seed))
        values += [
            ("draw_seed", f'H("draw", seed, "{draw}")', seed.draw_seed(bytes.fromhex(session.seed), draw).hex())
            for draw in session.groups
        ]
    return [PublicHash(name, formula, value) for name, formula, value in values if value]


# Entries in words


def _entry(entry: Entry) -> PublicEntry:
    message = entry.message
    body = body_of(entry)
    signers = tuple((one.actor.id, one.actor.role) for one in message.signatures)
    return PublicEntry(
        seq=entry.seq,
        time=local_time(entry.time),
        type=message.type,
        signers=signers,
        draw=str(body.get("draw", "")),
        facts=tuple(FACTS.get(message.type, _nothing)(body)),
    )


def _nothing(_body: Mapping[str, Any]) -> Facts:
    return []


def _code(field: str) -> Callable[[Mapping[str, Any]], Facts]:
    """The short code of a hash that the entry holds."""
    return lambda body: [("code", short_code(bytes.fromhex(body[field])))]


def _numbers(*names: str) -> Callable[[Mapping[str, Any]], Facts]:
    """Fields of the body as they stand."""
    return lambda body: [(name, str(body[name])) for name in names]


def _listed(field: str) -> Callable[[Mapping[str, Any]], Facts]:
    """Ids of an array: how many, and which."""
    return lambda body: [(field, str(len(body[field]))), ("ids", "、".join(body[field]))]


def _closed(body: Mapping[str, Any]) -> Facts:
    made = sum(bool(one) for one in body["commitments"])
    digits = [("digits", body["digits"])] if body["digits"] else []
    return [("commitments", str(made)), *digits, *_code("hash")(body)]


def _revealed(body: Mapping[str, Any]) -> Facts:
    statuses = [row["status"] for row in body["openings"]]
    counted = [(f"opening.{status}", str(statuses.count(status))) for status in ("received", "wrong", "missing")]
    return [*counted, *_code("hash")(body)]


def _enrolled(body: Mapping[str, Any]) -> Facts:
    role, client = text(f"role.{body['role']}").zh, text(f"client.{body['client']}").zh
    return [("id", body["id"]), ("role", role), ("client", client)]


def _published(body: Mapping[str, Any]) -> Facts:
    return [("files", str(body["files"])), *_code("files_hash")(body)]


def _slips(body: Mapping[str, Any]) -> Facts:
    return [("printed", str(body["number"])), ("reprint", text(f"doc.yes.{int(body['reprint'])}").zh)]


def _evidence(body: Mapping[str, Any]) -> Facts:
    kind = ("evidence", text(f"doc.evidence.{body['kind']}").zh)
    return [kind, ("label", body["label"]), ("bytes", str(body["size"])), *_code("sha256")(body)]


def _annulled(body: Mapping[str, Any]) -> Facts:
    return [("draws", "、".join(body["draws"])), ("reason", body["reason"]), *_code("document")(body)]


FACTS: Mapping[str, Callable[[Mapping[str, Any]], Facts]] = {
    "plan": _code("hash"),
    "roster.submitted": _numbers("students"),
    "roster.approved": _numbers("students"),
    "roster.frozen": lambda body: [*_numbers("students", "units")(body), *_code("roster_root")(body)],
    "draw.postponed": _numbers("reason"),
    "observer.enrolled": _enrolled,
    "header": _code("hash"),
    "commitment": _code("commitment"),
    "source": _numbers("digits"),
    "commits.closed": _closed,
    "groups.fixed": _code("hash"),
    "groups.checked": _code("groups_hash"),
    "attest.groups": _code("groups_hash"),
    "reveals.opened": _listed("attested"),
    "opening": _code("contribution"),
    "reveals.closed": _revealed,
    "attest.reveals": _code("reveals_closed_hash"),
    "coverage.closed": _listed("covered"),
    "delay.done": lambda body: [("segments", str(len(body["segments"])))],
    "beacon": _numbers("round"),
    "seed": _code("seed"),
    "result": lambda body: [("draws", "、".join(row["draw"] for row in body["draws"]))],
    "published": _published,
    "slips": _slips,
    "evidence": _evidence,
    "aborted": _numbers("reason"),
    "annulled": _annulled,
}
"""What the minutes say of an entry beside time, signers and draw; labels are the texts `doc.fact.<name>`."""
