"""The published rules of a session: read strictly, every problem at once (spec/ceremony.md C3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ledger.canonical import EncodingError, decode, encode
from ledger.keys import SignatureError, check_key
from verifiable_draw import plan_words, seed
from verifiable_draw.entries import AUDIT, CLASSES, LATE, MAX_CLASSES, ORDER, PIN_REASONS, PLAN, SELECT, WITH_CLASSES
from verifiable_draw.errors import DataError
from verifiable_draw.schema import Problem, lines
from verifiable_draw.values import Attribute, Cap

# Limits of a proven verdict (spec/verification.md V51).
MIN_SQUARINGS_PER_SECOND = 4_000_000
MAX_WINDOW = 60
MIN_BUNDLINGS = 16
MIN_COVERED = 3
MIN_ROLES = 3

# Units of a draw that is one permutation (C25).
MIN_PLACES = 2
# K follows from the number of units.
BY_UNITS = (SELECT, ORDER, AUDIT)
# One pin in so many units, rounded up, is the most of a proven verdict (V51).
UNITS_A_PIN = 20

DrawKey = tuple[int, str, int, str, int]


@dataclass(frozen=True, slots=True)
class PlanDraw:
    """One draw of a plan; `classes` is 0 where K follows from the roster (C25, C28)."""

    id: str
    kind: str
    school: str
    school_name: str
    grade: int
    batch: int
    classes: int
    take: int
    caps: tuple[Cap, ...]
    most: int = 0
    class_names: tuple[str, ...] = ()
    sizes: tuple[int, ...] = ()

    @property
    def divides(self) -> bool:
        """Whether it divides students into balanced classes; all other kinds are drawn in one go (A24)."""
        return self.kind == CLASSES

    @property
    def of_students(self) -> bool:
        """Whether its roster is one of students, not of teachers or persons."""
        return self.kind in (CLASSES, LATE, AUDIT)

    def places(self, units: int, students: int) -> int:
        """K, of a roster of so many units and students (C25, C28)."""
        if self.classes:
            return self.classes
        return max(MIN_PLACES, -(-students // self.most)) if self.divides else units

    def class_name(self, number: int) -> str:
        """What class `number` (from 1) is called: the number where the plan gives no names."""
        return self.class_names[number - 1] if self.class_names else str(number)


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan that keeps its rules, with the bytes it was read from."""

    data: bytes
    value: Mapping[str, Any]
    draws: Mapping[str, PlanDraw]
    attributes: tuple[Attribute, ...]
    crossed: tuple[tuple[str, str], ...]

    @property
    def hash(self) -> bytes:
        """plan_hash (C3)."""
        return seed.plan_hash(self.data)

    @property
    def session(self) -> str:
        """The session's id."""
        return str(self.value["session"])

    @property
    def rehearsal(self) -> bool:
        """Whether the session is a rehearsal."""
        return bool(self.value["rehearsal"])

    @property
    def year(self) -> int:
        """School year."""
        return int(self.value["year"])

    @property
    def iterations(self) -> int:
        """T, squarings."""
        return int(self.value["delay"]["iterations"])

    @property
    def segments(self) -> int:
        """Number of segments of the delay."""
        return int(self.value["delay"]["segments"])

    @property
    def window(self) -> int:
        """Δ, seconds."""
        return int(self.value["windows"]["reveal"])

    def draw_key(self, draw: str) -> DrawKey:
        """What attempts and annulments are counted by: year, school, grade, kind, batch."""
        item = self.draws[draw]
        return (self.year, item.school, item.grade, item.kind, item.batch)

    def warnings(self) -> list[str]:
        """What the specification allows and a bureau hardly means: keys of texts, with hints."""
        contact = self.value["contact"]
        silent = not (self.rehearsal or contact["phone"] or contact["email"])
        return ["plan.no_contact"] * silent

    def limits(self) -> list[str]:
        """Why no session of this plan can be proven fair: keys of texts, none if it can (V51)."""
        quorum = self.value["quorum"]
        broken = {
            "limit.rehearsal": self.rehearsal,
            "limit.delay": self.iterations < MIN_SQUARINGS_PER_SECOND * self.window,
            "limit.window": self.window > MAX_WINDOW,
            "limit.bundlings": int(self.value["bundlings"]) < MIN_BUNDLINGS,
            "limit.covered": int(quorum["covered"]) < MIN_COVERED,
        }
        return [key for key, is_broken in broken.items() if is_broken]


def parse(data: bytes) -> Plan:
    """Read a plan from its canonical bytes; DataError with every problem of it."""
    try:
        value = decode(data)
    except EncodingError as error:
        raise DataError("plan.not_canonical", detail=str(error)) from error
    return check(value)


def problems(value: object) -> list[Problem]:
    """Every problem of a plan's value; the rules beyond single fields only once all fields are what they must be."""
    found = PLAN(value, "")
    return found if found or not isinstance(value, Mapping) else list(_rules(value))


def check(value: object) -> Plan:
    """Check a plan's value; DataError with every problem of it."""
    found = problems(value)
    if found or not isinstance(value, Mapping):
        raise DataError(
            "plan.problems", number=len(found), problems=lines(found), problems_zh=plan_words.in_chinese(found)
        )
    try:
        data = encode(dict(value))
    except EncodingError as error:
        raise DataError("plan.not_canonical", detail=str(error)) from error
    draws = {
        item["id"]: PlanDraw(
            item["id"], item["kind"], item["school"], item["school_name"], item["grade"], item["batch"],
            item["classes"], item["take"],
            tuple(Cap(cap["attribute"], cap["value"], cap["max"]) for cap in item["caps"]),
            item["most"], tuple(item["class_names"]), tuple(item["sizes"]),
        )
        for item in value["draws"]
    }  # fmt: skip
    attributes = tuple(map(Attribute.of, value["attributes"]))
    return Plan(data, value, draws, attributes, tuple((a, b) for a, b in value["crossed"]))


def _rules(value: Mapping[str, Any]) -> Iterator[Problem]:
    """Rules of C3 that go beyond single fields."""
    draws = value["draws"]
    keys = [(d["school"], d["grade"], d["kind"], d["batch"]) for d in draws]
    names = [d["id"] for d in draws]
    yield from _ordered("draws", names)
    yield from _unique("draws", keys, "every (school, grade, kind, batch) once")
    attributes = {a["id"]: a["values"] for a in value["attributes"]}
    yield from _unique("attributes", [a["id"] for a in value["attributes"]], "every attribute once")
    for item in value["attributes"]:
        yield from _attribute(item)
    yield from _crossed(list(attributes), value["crossed"])
    if value["balance"] != [name for name in attributes if name in value["balance"]]:
        yield "balance", "attributes of the plan, in its order, every one once"
    if value["pins"] != [reason for reason in PIN_REASONS if reason in value["pins"]]:
        yield "pins", "in order, every reason once: " + ", ".join(PIN_REASONS)
    balanced = {a["id"]: [v for v in a["values"] if v not in a["free"]] for a in value["attributes"]}
    if not attributes and any(d["kind"] == CLASSES for d in draws):
        yield "attributes", "at least one, to balance classes"
    for d in draws:
        yield from _kind(d)
        for cap in d["caps"]:
            if cap["value"] not in balanced.get(cap["attribute"], []):
                yield f"draws.{d['id']}.caps", "an attribute of the plan and a value of it that is not free"
    yield from _recipients(value["recipients"])
    delay = value["delay"]
    share, rest = divmod(delay["iterations"], delay["segments"])
    if rest or share < 1000:
        yield "delay", "iterations a multiple of segments, at least 1000 each"
    public_draw = value["sources"]["public_draw"]
    if public_draw:
        yield from _unique("sources.public_draw.alphabet", public_draw["alphabet"], "every character once")


def _recipients(recipients: list[dict[str, str]]) -> Iterator[Problem]:
    yield from _ordered("recipients", [r["id"] for r in recipients])
    all_keys = [r[kind] for r in recipients for kind in ("sealing_key", "signing_key")]
    yield from _unique("recipients", all_keys, "all keys different")
    for r in recipients:
        try:
            check_key(bytes.fromhex(r["signing_key"]))
        except SignatureError:
            yield f"recipients.{r['id']}.signing_key", "torsion-free Ed25519 key"


def _attribute(item: Mapping[str, Any]) -> Iterator[Problem]:
    """What C3 asks of one attribute's values."""
    path, values, free = f"attributes.{item['id']}", item["values"], item["free"]
    yield from _unique(path, values, "every value once")
    if free != [value for value in values if value in free]:
        yield f"{path}.free", "values of the attribute, in its order, every one once"
    if len(free) == len(values):
        yield f"{path}.free", "at least one value that is balanced"
    raw, counted = [one for one, _ in item["merged"]], {other for _, other in item["merged"]}
    if not counted <= set(values) or set(raw) & set(values):
        yield f"{path}.merged", "from values that are not listed to values that are"
    yield from _unique(f"{path}.merged", raw, "every value once")


def _crossed(names: list[str], pairs: list[list[str]]) -> Iterator[Problem]:
    places = {name: place for place, name in enumerate(names)}
    for first, second in pairs:
        if not places.get(first, len(places)) < places.get(second, -1):
            yield "crossed", "two attributes of the plan, in its order"
    yield from _unique("crossed", list(map(tuple, pairs)), "every pair once")


def _kind(draw: Mapping[str, Any]) -> Iterator[Problem]:
    """What the kind of a draw says of its numbers (C25, C28)."""
    path, kind, classes = f"draws.{draw['id']}", draw["kind"], draw["classes"]
    if kind in BY_UNITS:
        if classes:
            yield f"{path}.classes", "0: as many places as there are units"
    elif not classes and not (kind == CLASSES and draw["most"]):
        yield f"{path}.classes", "2 or more, or, for kind classes, 0 and a largest class size in most"
    if draw["most"] and kind != CLASSES:
        yield f"{path}.most", "0 but in draws of kind classes"
    if draw["class_names"] and (not classes or len(draw["class_names"]) != classes or kind not in WITH_CLASSES):
        yield f"{path}.class_names", "none, or one for every class"
    yield from _unique(f"{path}.class_names", draw["class_names"], "every name once")
    if len(draw["sizes"]) != (classes if kind == LATE else 0):
        yield f"{path}.sizes", "students of every class before a draw of kind late; else none"
    if draw["batch"] != 1 and kind != LATE:
        yield f"{path}.batch", "1 but in draws of kind late"
    if (draw["take"] > 0) != (kind in (SELECT, AUDIT)) or (kind == SELECT and draw["take"] > MAX_CLASSES):
        yield f"{path}.take", "how many are chosen, for a draw of kind select (at most 200) or audit; else 0"
    if draw["caps"] and kind != CLASSES:
        yield f"{path}.caps", "none but in draws of kind classes"


def _ordered(path: str, names: list[str]) -> Iterator[Problem]:
    if names != sorted(set(names)):
        yield path, "sorted by id, every id once"


def _unique(path: str, items: Any, expected: str) -> Iterator[Problem]:  # noqa: ANN401 - any sequence of hashables
    if len(set(items)) != len(items):
        yield path, expected
