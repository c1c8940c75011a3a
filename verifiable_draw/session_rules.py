"""What each entry of a session must say, beyond order and signatures (spec/ceremony.md C1-C24).

One function per entry type: it checks the body against the session, then records what it says. Nothing is recorded
before everything is checked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ledger.canonical import encode, parse_time, tagged_hash
from ledger.keys import SignatureError, check_key
from verifiable_draw import delay, seed
from verifiable_draw.entries import AUDIT, LATE, MAX_AUDIT, MAX_CLASSES, ORDER, SELECT, TEACHERS
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.header import Header, build_header
from verifiable_draw.plan import MIN_PLACES, Plan, PlanDraw
from verifiable_draw.sources import check_beacon, randomness, round_time
from verifiable_draw.values import Attempt

if TYPE_CHECKING:
    from ledger.entry import Message
    from verifiable_draw.replay import DrawProgress, Session, View

Rule = Callable[["View", "Session", "Message", str], None]


def _require(good: bool, key: str, **values: object) -> None:  # noqa: FBT001 - the condition is the point
    if not good:
        raise DataError(key, **values)


def _draw(session: Session, name: str) -> DrawProgress:
    if name not in session.draws:
        raise UsageError("draw.unknown", draw=name)
    progress = session.draws[name]
    if progress.postponed:
        raise UsageError("draw.postponed", draw=name)
    return progress


# Before the ceremony


def _plan(view: View, session: Session, message: Message, time: str) -> None:
    plan, session.plan_time = session.plan, time
    _require(message.body == {"hash": plan.hash.hex(), "size": len(plan.data)}, "plan.not_this")
    _require(plan.session == session.id and plan.value["origin"] == view.origin, "plan.not_this")
    _require(plan.value["bureau"] == view.bureau, "plan.not_this")
    for recipient in plan.value["recipients"]:
        _require(bytes.fromhex(recipient["signing_key"]) not in view.ring.used, "key.known", id=recipient["id"])


def _submitted(_view: View, session: Session, message: Message, _time: str) -> None:
    body: Mapping[str, Any] = message.body
    progress = _draw(session, body["draw"])
    school = session.plan.draws[body["draw"]].school
    _require(message.actor.id == school, "roster.other_school", school=school)
    progress.submission, progress.submitted_by = body["submission"], message.signatures[0].key
    progress.students = body["students"]
    progress.approved = ""


def _approved(_view: View, session: Session, message: Message, _time: str) -> None:
    body: Mapping[str, Any] = message.body
    progress = _draw(session, body["draw"])
    same = (progress.submission, progress.students) == (body["submission"], body["students"])
    _require(bool(progress.submission) and same, "roster.not_submitted")
    _require(progress.submitted_by != message.signatures[0].key, "roster.same_signer")
    progress.approved = body["submission"]


def _frozen(_view: View, session: Session, message: Message, time: str) -> None:
    body: Mapping[str, Any] = message.body
    progress = _draw(session, body["draw"])
    _require(bool(progress.approved) and progress.approved == body["submission"], "roster.not_approved")
    sizes = body["unit_sizes"]
    item = session.plan.draws[body["draw"]]
    good = (
        body["students"] == progress.students
        and [size for size, _ in sizes] == sorted({size for size, _ in sizes})
        and sum(number for _, number in sizes) == body["units"]
        and sum(size * number for size, number in sizes) == body["students"]
        and (_is_divided(session.plan, item, body) if item.divides else _is_in_one_go(item, body))
    )
    _require(good, "roster.numbers")
    progress.frozen = body
    session.frozen_at = time


def _is_divided(plan: Plan, item: PlanDraw, body: Mapping[str, Any]) -> bool:
    """What the numbers of a summary must be where classes are balanced (C4, C28, C29)."""
    k = item.places(body["units"], body["students"])
    rules = body["constraints"]
    return (
        body["units"] == body["blocks"] * k + body["remainder"]
        and k <= MAX_CLASSES
        and (not item.most or body["students"] <= k * item.most)
        and set(rules["pins"]) <= set(plan.value["pins"])
        and sum(rules["pins"].values()) <= body["units"]
        and not rules["barred"]
    )


def _is_in_one_go(item: PlanDraw, body: Mapping[str, Any]) -> bool:
    """What C25 asks of the summary of a draw that divides nothing."""
    units, rules = body["units"], body["constraints"]
    return (
        (body["blocks"], body["remainder"], rules["apart"], rules["caps"], rules["pins"]) == (1, 0, 0, 0, {})
        and (item.kind == LATE or item.places(units, body["students"]) == units)
        and (item.kind == LATE or MIN_PLACES <= units <= (MAX_AUDIT if item.kind == AUDIT else MAX_CLASSES))
        and item.take <= units
        and (item.kind not in (SELECT, ORDER) or body["unit_sizes"] == [[1, units]])
        and (rules["barred"] <= units if item.kind == TEACHERS else not rules["barred"])
    )


def _postponed(_view: View, session: Session, message: Message, _time: str) -> None:
    body: Mapping[str, Any] = message.body
    progress = _draw(session, body["draw"])
    progress.postponed, progress.frozen = body["reason"], None


def _enrolled(view: View, session: Session, message: Message, _time: str) -> None:
    body: Mapping[str, Any] = message.body
    key = bytes.fromhex(body["key"])
    _require(body["id"] not in session.enrolled, "observer.known", id=body["id"])
    _require(key not in view.all_keys(session.id), "key.known", id=body["id"])
    try:
        check_key(key)
    except SignatureError as error:
        raise DataError("key.not_admissible") from error
    session.enrolled[body["id"]] = body


def expected_header(view: View, session: Session) -> Header:
    """The header that the ledger and the plan determine (C4, C6); says everything that is still missing."""
    waiting = sorted(n for n, p in session.draws.items() if not p.postponed and p.frozen is None)
    if waiting:
        raise UsageError("header.rosters_missing", draws=", ".join(waiting))
    # A roster submitted or approved anew after its freeze is not the frozen one.
    stale = sorted(n for n, p in session.draws.items() if p.frozen and p.frozen["submission"] != p.approved)
    if stale:
        raise UsageError("header.rosters_stale", draws=", ".join(stale))
    frozen = {name: p.frozen for name, p in session.draws.items() if p.frozen}
    if not frozen:
        raise UsageError("header.no_draws")
    if not any(o["role"] == "bureau" for o in session.enrolled.values()):
        raise UsageError("header.no_bureau")
    rehearsal = session.plan.rehearsal
    attempts = {name: view.attempt_number(session.plan.draw_key(name), rehearsal=rehearsal) for name in frozen}
    return build_header(session.plan, frozen, attempts, list(session.enrolled.values()))


def _header(view: View, session: Session, message: Message, time: str) -> None:
    body: Mapping[str, Any] = message.body
    header = view.read_header(session, body["hash"], body["size"])
    expected = expected_header(view, session)
    _require(header.data == expected.data and dict(body) == header.entry_body(), "header.not_this", session=session.id)
    for draw in header.draws:
        _require(draw.kind == LATE or draw.frozen["units"] >= draw.classes, "grouping.too_few_units",
                 units=draw.frozen["units"], classes=draw.classes)  # fmt: skip
    _round_ahead(session, time)
    waited = (parse_time(time) - parse_time(session.frozen_at)).total_seconds()
    needed = session.plan.value["windows"]["roster_to_header"]
    if waited < needed:
        raise UsageError("header.too_early", minutes=-(-int(needed - waited) // 60))
    for draw in header.draws:
        key = session.plan.draw_key(draw.id)
        view.attempts.setdefault(key, []).append(Attempt(session.id, draw.id, draw.attempt, header.rehearsal))
    session.header, session.header_time, session.header_seq = header, time, view.size


def _round_ahead(session: Session, time: str) -> None:
    """UsageError unless the planned round is far enough ahead for reveals to close before it (C27)."""
    planned = session.plan.value["sources"]["drand"]
    if planned:
        left = (round_time(planned) - parse_time(time)).total_seconds()
        if left < 2 * session.plan.window:
            raise UsageError("beacon.too_near", round=planned["round"], seconds=int(left))


# Commit


def _commitment(_view: View, session: Session, message: Message, _time: str) -> None:
    name, value = message.actor.id, str(message.body["commitment"])
    header = session.frozen_header()
    if name in session.commitments:
        raise UsageError("commit.second", id=name)
    if value in session.commitments.values():
        raise DataError("commit.copied", id=name)
    observer = header.observer(name)
    if not session.commitments and (observer is None or observer.role != "bureau"):
        raise UsageError("commit.bureau_first")
    session.commitments[name] = value


def _source(_view: View, session: Session, message: Message, _time: str) -> None:
    planned = session.plan.value["sources"]["public_draw"]
    if not planned:
        raise UsageError("source.not_planned")
    if session.digits:
        raise UsageError("source.second")
    digits = str(message.body["digits"])
    good = len(digits) == planned["length"] and set(digits) <= set(planned["alphabet"])
    _require(good, "source.digits", length=planned["length"], alphabet=planned["alphabet"])
    header = session.frozen_header()
    roles = [observer.role for s in message.signatures if (observer := header.observer(s.actor.id))]
    if "bureau" in roles or len(roles) < planned["confirmations"]:
        raise DataError("source.confirmations", number=planned["confirmations"])
    session.digits = digits


def _commits_closed(_view: View, session: Session, message: Message, _time: str) -> None:
    _require(dict(message.body) == expected_commits_closed(session), "close.not_this")
    session.commits_closed = str(message.body["hash"])


def expected_commits_closed(session: Session) -> dict[str, Any]:
    """Body of `commits.closed` (C10)."""
    if session.plan.value["sources"]["public_draw"] and not session.digits:
        raise UsageError("source.missing")
    values = [session.commitments.get(o.id, "") for o in session.frozen_header().observers]
    digest = seed.commits_closed_hash([bytes.fromhex(v) for v in values], session.digits)
    return {"commitments": values, "digits": session.digits, "hash": digest.hex()}


# Groups


def _groups_fixed(_view: View, session: Session, message: Message, _time: str) -> None:
    body: Mapping[str, Any] = message.body
    _require([g["draw"] for g in body["groups"]] == [d.id for d in session.frozen_header().draws], "groups.not_this")
    digest = seed.groups_hash([bytes.fromhex(g["sha256"]) for g in body["groups"]])
    _require(body["hash"] == digest.hex(), "groups.not_this")
    session.groups = {g["draw"]: g for g in body["groups"]}
    session.groups_hash = body["hash"]


def expected_checked(session: Session) -> dict[str, Any]:
    """Body of a `groups.checked` that counts (C12)."""
    frozen = [draw.frozen for draw in session.frozen_header().draws]
    return {
        "commits_closed_hash": session.commits_closed,
        "constraints_roots": [f["constraints_root"] for f in frozen],
        "groups_hash": session.groups_hash,
        "header_hash": session.header_hash.hex(),
        "nullifiers_roots": [f["nullifiers_root"] for f in frozen],
        "sealed_hashes": [f["sealed_hash"] for f in frozen],
    }


def _groups_checked(_view: View, session: Session, message: Message, _time: str) -> None:
    _require(dict(message.body) == expected_checked(session), "checked.not_this")
    session.checked.append(message.actor.id)


def _attest_groups(_view: View, session: Session, message: Message, _time: str) -> None:
    name = message.actor.id
    expected = {"commits_closed_hash": session.commits_closed, "groups_hash": session.groups_hash}
    _require(dict(message.body) == expected, "attest.other", id=name)
    _require(name in session.commitments, "attest.not_committed", id=name)
    if name in session.attested_groups:
        raise UsageError("attest.second", id=name)
    session.attested_groups.append(name)


def missing_attestations(session: Session, attested: Sequence[str]) -> dict[str, int]:
    """What the quorum of C14 still lacks: role -> number; `""` -> number to reach more than half."""
    header = session.frozen_header()
    roles = Counter(o.role for o in header.observers if o.id in set(attested))
    lacking = {r: n - roles[r] for r, n in session.plan.value["quorum"]["roles"].items() if roles[r] < n}
    committed = sum(o.id in session.commitments and o.role != "bureau" for o in header.observers)
    half = committed // 2 + 1 - sum(number for role, number in roles.items() if role != "bureau")
    return lacking | ({"": half} if half > 0 else {})


def _reveals_opened(_view: View, session: Session, message: Message, time: str) -> None:
    listed: Sequence[str] = message.body["attested"]
    header = session.frozen_header()
    _require(list(listed) == [o.id for o in header.observers if o.id in session.attested_groups], "open.not_this")
    lacking = missing_attestations(session, listed)
    if lacking:
        words = ", ".join(f"{role or 'any'}: {number}" for role, number in sorted(lacking.items()))
        raise UsageError("open.quorum", lacking=words)
    _round_ahead(session, time)
    session.attested, session.reveals_opened_time = list(listed), time


# Reveal


def _opening(_view: View, session: Session, message: Message, _time: str) -> None:
    name, body = message.actor.id, message.body
    if name not in session.commitments:
        raise DataError("opening.not_committed", id=name)
    if name in session.openings or name in session.wrong:
        raise UsageError("opening.second", id=name)
    observer = session.frozen_header().observer(name)
    contribution, salt = str(body["contribution"]), str(body["salt"])
    parts = (bytes.fromhex(contribution), bytes.fromhex(salt))
    good = (
        observer is not None
        and name in session.attested
        and body["commits_closed_hash"] == session.commits_closed
        and body["groups_hash"] == session.groups_hash
        and seed.commitment(session.header_hash, name, observer.key, *parts).hex() == session.commitments[name]
    )
    # A wrong opening is an entry too: it shows who brought it, and is excluded (C16).
    if good:
        session.openings[name] = (contribution, salt)
    else:
        session.wrong.add(name)


def expected_reveals_closed(session: Session) -> dict[str, Any]:
    """Body of `reveals.closed` (C16)."""
    rows = []
    for observer in session.frozen_header().observers:
        contribution, salt = session.openings.get(observer.id, ("", ""))
        status = (
            "received" if observer.id in session.openings
            else "wrong" if observer.id in session.wrong
            else "missing" if observer.id in session.commitments
            else "none"
        )  # fmt: skip
        rows.append({"contribution": contribution, "salt": salt, "status": status})
    digest = seed.reveals_closed_hash([(bytes.fromhex(r["contribution"]), bytes.fromhex(r["salt"])) for r in rows])
    return {"hash": digest.hex(), "openings": rows}


def _reveals_closed(_view: View, session: Session, message: Message, _time: str) -> None:
    expected = expected_reveals_closed(session)
    _require(dict(message.body) == expected, "close.not_this")
    names = [o.id for o in session.frozen_header().observers]
    session.received = [
        (name, row["contribution"], row["salt"])
        for name, row in zip(names, expected["openings"], strict=True)
        if row["status"] == "received"
    ]
    session.reveals_closed = expected["hash"]


def _attest_reveals(_view: View, session: Session, message: Message, _time: str) -> None:
    name = message.actor.id
    _require(message.body["reveals_closed_hash"] == session.reveals_closed, "attest.other", id=name)
    _require(name in session.openings, "attest.not_received", id=name)
    if name in session.attested_reveals:
        raise UsageError("attest.second", id=name)
    session.attested_reveals.append(name)


def expected_coverage(session: Session) -> list[str]:
    """The covered observers (C18)."""
    return [
        o.id
        for o in session.frozen_header().observers
        if o.id in session.openings and o.id in session.attested_groups and o.id in session.attested_reveals
    ]


def _coverage_closed(_view: View, session: Session, message: Message, _time: str) -> None:
    _require(list(message.body["covered"]) == expected_coverage(session), "close.not_this")
    session.covered, session.coverage_closed = expected_coverage(session), True


# Delay, seed, result


def delay_challenge(session: Session) -> bytes:
    """Challenge of the session's delay (C19)."""
    return seed.delay_challenge(*session.hashes())


def _delay_done(_view: View, session: Session, message: Message, _time: str) -> None:
    rows: Sequence[Mapping[str, str]] = message.body["segments"]
    segments = [delay.Segment(bytes.fromhex(r["y"]), bytes.fromhex(r["proof"])) for r in rows]
    delay.verify(delay_challenge(session), segments, session.plan.iterations, session.plan.segments)
    session.delay = rows


def _beacon(_view: View, session: Session, message: Message, _time: str) -> None:
    body: Mapping[str, Any] = message.body
    planned = session.plan.value["sources"]["drand"]
    if not planned:
        raise UsageError("beacon.not_planned")
    if session.beacon is not None:
        raise UsageError("beacon.second")
    _require(body["round"] == planned["round"], "beacon.other_round", round=planned["round"])
    check_beacon(planned, bytes.fromhex(body["signature"]))
    session.beacon = body


def expected_seed(session: Session) -> bytes:
    """The seed (C23), once the delay is done and the beacon, if planned, is entered."""
    if session.plan.value["sources"]["drand"] and session.beacon is None:
        raise UsageError("beacon.missing", round=session.plan.value["sources"]["drand"]["round"])
    known = randomness(bytes.fromhex(session.beacon["signature"])) if session.beacon else b""
    return seed.session_seed(*session.hashes(), bytes.fromhex(session.delay[-1]["y"]), known)


def _seed(_view: View, session: Session, message: Message, _time: str) -> None:
    _require(message.body["seed"] == expected_seed(session).hex(), "seed.not_this")
    session.seed = str(message.body["seed"])


def _result(_view: View, session: Session, message: Message, _time: str) -> None:
    rows: Sequence[Mapping[str, Any]] = message.body["draws"]
    _require([r["draw"] for r in rows] == [d.id for d in session.frozen_header().draws], "result.not_this")
    session.results = {r["draw"]: r for r in rows}


def files_hash(files: Sequence[tuple[str, str, int]]) -> bytes:
    """Hash over path, SHA-256 and size of the record's files, sorted by path (C24)."""
    return tagged_hash("record", encode([list(item) for item in sorted(files)]))


def _published(view: View, session: Session, message: Message, time: str) -> None:
    session.published, session.published_time = message.body, time
    session.published_seq = session.last_seq = view.size


def _aborted(_view: View, session: Session, message: Message, _time: str) -> None:
    session.aborted = str(message.body["reason"])


def _annulled(view: View, session: Session, message: Message, _time: str) -> None:
    body: Mapping[str, Any] = message.body
    names = body["draws"]
    drawn = {d.id for d in session.frozen_header().draws}
    _require(list(names) == sorted(set(names)) and set(names) <= drawn, "draw.unknown", draw=", ".join(names))
    _require(not set(names) & set(session.annulled), "draw.annulled", draw=", ".join(names))
    session.annulled |= dict.fromkeys(names, str(body["reason"]))
    session.annulled_seq |= dict.fromkeys(names, view.size)
    session.last_seq = view.size


RULES: dict[str, Rule] = {
    "plan": _plan,
    "roster.submitted": _submitted,
    "roster.approved": _approved,
    "roster.frozen": _frozen,
    "draw.postponed": _postponed,
    "observer.enrolled": _enrolled,
    "header": _header,
    "commitment": _commitment,
    "source": _source,
    "commits.closed": _commits_closed,
    "groups.fixed": _groups_fixed,
    "groups.checked": _groups_checked,
    "attest.groups": _attest_groups,
    "reveals.opened": _reveals_opened,
    "opening": _opening,
    "reveals.closed": _reveals_closed,
    "attest.reveals": _attest_reveals,
    "coverage.closed": _coverage_closed,
    "delay.done": _delay_done,
    "beacon": _beacon,
    "seed": _seed,
    "result": _result,
    "published": _published,
    "aborted": _aborted,
    "annulled": _annulled,
}
