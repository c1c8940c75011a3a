"""V17, V80-V92 and unusable arguments: earlier records, the whole ledger, other records of the year, slips."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from lies import earlier, put

from tests.conformance.cases_ledger import (
    another_history,
    confirm,
    policy,
    register,
    replace,
    rotate,
    signed_by,
    timestamp,
    units_exchanged,
)
from tests.conformance.cases_result import annulled
from tests.conformance.changes import ZERO
from tests.conformance.session import Elsewhere, Session
from tests.conformance.table import Argument, Case, Made
from verifier.canonical import encode

Beside = Callable[[Session], Mapping[str, Argument]]

# --- an earlier record --------------------------------------------------------------------------------------------


def since(name: str) -> Beside:
    return lambda _: {"since": f"{name}/"}


# --- the ledger as it went on -------------------------------------------------------------------------------------


def later(*steps: Callable[[Any], None]) -> Beside:
    """The whole ledger after these steps; the trust file stays that of the record."""

    def beside(built: Session) -> Mapping[str, Argument]:
        other = copy.deepcopy(built)
        for step in steps:
            step(other)
        return {"ledger": b"".join(line + b"\n" for line in other.ledger.lines)}

    return beside


def registered(*more: tuple[str, int, str, int]) -> Callable[[Any], None]:
    """A new register of the year with more rows: school, grade, name, classes."""

    def step(built: Session) -> None:
        rows = next(entry["body"]["schools"] for entry in built.ledger.entries if entry["type"] == "register")
        rows = rows + [dict(zip(("school", "grade", "name", "classes"), row, strict=True)) for row in more]
        rows.sort(key=lambda row: (row["school"], row["grade"]))
        built.operator("register", {"schools": rows, "year": 2026}, session="")

    return step


def exempted(built: Session) -> None:
    """A new register by which a school that was drawn is exempt."""
    rows = copy.deepcopy(
        next(entry["body"]["schools"] for entry in built.ledger.entries if entry["type"] == "register")
    )
    rows[0]["classes"] = 1
    built.operator("register", {"schools": rows, "year": 2026}, session="")


def second_attempt(built: Session) -> None:
    """Another session draws the first draw again, though it was published."""
    built.ledger.changes["body:header"] = put("draws", 0, "attempt", 2)
    earlier(built)


def altered_annulment(built: Session) -> None:
    built.ledger.changes["entry:annulled"] = put("body", "reason", "changed after signing")
    annulled(built)


def alien(_: Session) -> Mapping[str, Argument]:
    """The ledger of another history."""
    other = Session({"body:register": put("year", 2027)}).build("header")
    return {"ledger": other.files["ledger/entries.jsonl"]}


def unordered(built: Session) -> Mapping[str, Argument]:
    return {"ledger": built.files["ledger/entries.jsonl"] + b"{}\n"}


# --- other sessions of the year -----------------------------------------------------------------------------------

SPRING, SUMMER = "2026-spring", "2026-summer"


class Year(NamedTuple):
    """A session and those before it in the same ledger."""

    main: Session
    others: list[Elsewhere]


@functools.cache
def year(twice: bool = False, three: bool = False) -> Year:
    """A year of two or three sessions; `twice`: a child of the last stands in the first too."""
    child = (lambda _: "d01") if twice else None
    others = [Elsewhere(SPRING, "1234567892", "d11", child)]
    if three:
        others.append(Elsewhere(SUMMER, "1234567893", "d21"))

    def before(built: Session) -> None:
        for one in others:
            one.run_in(built)

    rows = [{"classes": 3, "grade": 1, "name": "河边小学", "school": one.school} for one in others]

    def register_more(body: Any) -> None:
        body["schools"] = sorted(body["schools"] + rows, key=lambda row: (row["school"], row["grade"]))

    main = Session({"before:plan": before, "body:register": register_more}).build()
    return Year(main, others)  # type: ignore[arg-type]


def made(built: Session, trust: Any, **arguments: Argument) -> Made:
    kinds = {entry["type"] for entry in built.ledger.entries}
    return Made(dict(built.files), encode(trust), dict(arguments), kinds)


def main(twice: bool = False, three: bool = False, **arguments: Argument) -> Callable[[], Made]:
    """The record of the last session of a year."""

    def make() -> Made:
        one = year(twice, three).main
        return made(one, one.trust(), **arguments)

    return make


def with_own_ledger() -> Made:
    one = year().main
    return made(one, one.trust(), ledger=one.files["ledger/entries.jsonl"], record=["other-session/"])


def other(number: int = 0, twice: bool = False, three: bool = False) -> Callable[[], Made]:
    """The record of an earlier session of a year."""

    def make() -> Made:
        one = year(twice, three).others[number]
        return made(one, one.trust_then)

    return make


# --- slips --------------------------------------------------------------------------------------------------------


def slip(second: bool = True, **values: Any) -> Beside:
    """The slip of a child of the second draw, with other values."""
    return lambda built: {"slip": encode({**built.slip("d02", 7, second=second), **values})}


def other_second_code(built: Any) -> dict[str, bytes]:
    return {"slip": encode({**built.slip("d02", 7), "second": ZERO[:32]})}


def unusable(option: str, data: bytes) -> Beside:
    return lambda _: {option: data}


CASES: dict[str, Case] = {
    # --- V17 ---
    "since-frozen": Case(says="The record of the result and the one of the freeze before it.", beside=since("frozen")),
    "since-itself": Case(says="A record and itself.", beside=since("honest")),
    "since-another-session": Case(
        says="A record and an earlier one, of another session of the ledger.",
        make=main(since="other-session/"),
    ),
    "frozen-other-units": Case(
        says="A record of phase frozen in which two units are exchanged.",
        failing="V24 V62",
        until="header",
        after=lambda built: units_exchanged(built.files),
    ),
    "frozen-other-history": Case(
        says="A record of phase frozen with a checkpoint, signed by the operator, that is not of its entries.",
        failing="V11 V62",
        until="header",
        after=another_history,
    ),
    "frozen-other-ledger": Case(
        says="A record of phase frozen of another ledger.",
        failing="V62",
        until="header",
        changes={"body:register": put("year", 2027)},
    ),
    "since-other-units": Case(
        says="A file of the earlier record was another one.", failing="V17", beside=since("frozen-other-units")
    ),
    "since-other-history": Case(
        says="The earlier record has a checkpoint, signed by the operator, of another history.",
        failing="V17",
        beside=since("frozen-other-history"),
    ),
    "since-other-ledger": Case(
        says="The earlier record is of another ledger.", failing="V17", beside=since("frozen-other-ledger")
    ),
    "since-incomplete": Case(
        says="A file of the earlier record is missing.", failing="V17", beside=since("file-missing")
    ),
    "since-the-future": Case(
        says="The earlier record is the later one.", failing="V17 V62", until="header", beside=since("honest")
    ),
    "since-no-record": Case(
        says="The earlier record has no RECORD.json.", exit=2, beside=since("record-json-missing")
    ),
    "since-other-version": Case(
        says="The earlier record is of another version.", exit=2, beside=since("record-json-version")
    ),
    # --- V80, V81 and what else looks at the whole ledger ---
    "ledger-later": Case(
        says="The ledger went on: another school, a rotated key, a replaced one, a timestamp.",
        beside=later(
            lambda built: built.add_school("1234567895", "y"),
            rotate("operator", "operator-2"),
            policy(),
            replace("approver", "approver-2"),
            confirm(),
            timestamp(),
        ),
    ),
    "ledger-of-another-history": Case(
        says="The ledger given is not that of the record.", failing="V80", cannot="V26 V56 V57 V61 V81", beside=alien
    ),
    "ledger-not-readable": Case(
        says="The ledger given has a line that is no entry.",
        failing="V80",
        cannot="V26 V56 V57 V61 V81",
        beside=unordered,
    ),
    "ledger-altered-later": Case(
        says="An annulment in the ledger given was changed after it had been signed.",
        failing="V80",
        cannot="V26 V56 V57 V61 V81",
        beside=later(altered_annulment),
    ),
    "ledger-old-key-later": Case(
        says="The ledger given goes on with a key that is no more in force.",
        failing="V80",
        cannot="V26 V56 V57 V61 V81",
        beside=later(rotate("operator", "operator-2"), signed_by("operator", "operator", register)),
    ),
    "ledger-annulled-later": Case(
        says="A draw was annulled after the record was published, so its grade is open.",
        failing="V61 V81",
        beside=later(annulled),
    ),
    "ledger-drawn-again-later": Case(
        says="A later session draws the same grade a second time.", failing="V26", beside=later(second_attempt)
    ),
    "ledger-abandoned-later": Case(
        says="A session of the next year was opened and never published.",
        failing="V56",
        beside=later(lambda built: earlier(built, opened=True, year=2027)),
    ),
    "register-open": Case(
        says="A school of the last register has no draw.",
        failing="V81",
        beside=later(registered(("1234567894", 1, "山下小学", 2))),
    ),
    "register-exempt-drawn": Case(
        says="By the last register a school that was drawn is exempt.", failing="V81", beside=later(exempted)
    ),
    # --- V82 ---
    "other-session": Case(
        says="A session of another school in the same year, with a short delay.",
        failing="V51",
        inapplicable="V54",
        make=other(),
    ),
    "year": Case(says="The two records of a year and its ledger.", make=with_own_ledger),
    "other-session-twice": Case(
        says="A session of another school, with a child who will be drawn again.",
        failing="V51",
        inapplicable="V54",
        make=other(twice=True),
    ),
    "year-child-drawn-twice": Case(
        says="A child stands in the draws of two sessions of the year.",
        failing="V82",
        make=main(twice=True, record=["other-session-twice/"]),
    ),
    "year-record-missing": Case(
        says="Of a year of three sessions only two records are there.",
        cannot="V82",
        make=main(three=True, record=["other-session-of-three/"]),
    ),
    "other-session-of-three": Case(
        says="The first of three sessions of a year.", failing="V51", inapplicable="V54", make=other(three=True)
    ),
    "year-same-record": Case(
        says="The record itself was given as another one of the year.",
        failing="V82",
        beside=lambda _: {"record": ["honest/"]},
    ),
    "year-other-ledger": Case(
        says="The other record is of a session that this ledger does not have.",
        failing="V82",
        beside=lambda _: {"record": ["other-session/"]},
    ),
    "year-no-record": Case(
        says="The other record of the year has no RECORD.json.",
        exit=2,
        beside=lambda _: {"record": ["record-json-missing/"]},
    ),
    # --- V90, V92 ---
    "slip": Case(says="A child's slip with its second code.", beside=slip()),
    "slip-without-second-code": Case(says="A child's slip without its second code.", beside=slip(second=False)),
    "slip-before-the-draw": Case(
        says="A child's slip and the record of the freeze.", failing="V62", until="header", beside=slip()
    ),
    "slip-other-name": Case(
        says="The name on the slip is another.", failing="V90", cannot="V92", beside=slip(name="测试别人")
    ),
    "slip-other-salt": Case(
        says="The slip's code is another, and there is no second one.",
        failing="V90",
        beside=slip(second=False, secret=ZERO[:32]),
    ),
    "slip-other-session": Case(
        says="The slip is of another session.", failing="V90", cannot="V92", beside=slip(session="2025-autumn")
    ),
    "slip-other-second-code": Case(
        says="The slip's second code is another.", failing="V92", beside=other_second_code
    ),
    # --- unusable arguments ---
    "slip-extra-key": Case(says="The slip has a key more.", exit=2, beside=slip(extra=1)),
    "slip-unknown-document": Case(
        says="The slip's kind of document does not exist.", exit=2, beside=slip(document_type="Q")
    ),
    "trust-not-canonical": Case(
        says="The trust file ends with a line feed.",
        exit=2,
        trust=None,
        beside=lambda built: {"trust": encode(built.trust()) + b"\n"},
    ),
    "trust-without-origin": Case(
        says="The trust file has no origin.", exit=2, trust=lambda value: value.pop("origin")
    ),
}  # fmt: skip
