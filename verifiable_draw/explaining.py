"""One unit's way from the seed to its class, step by step, so that a person with a hash calculator can follow.

Read from a public record and, to find a child in it, a slip (spec/record.md R11, spec/allocation.md A0, A17, A18, A25).
What is shown is replayed here and compared with the record; only the record's own numbers are trusted.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger.canonical import VERSION, EncodingError, decode, encode, tagged_hash, u64
from verifiable_draw import seed as seeds
from verifiable_draw.allocation.groups_file import encode_result, parse_groups, parse_units
from verifiable_draw.allocation.permuting import allocate, classes_open, late_choices
from verifiable_draw.entries import LATE, WITH_CLASSES
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.header import Header, HeaderDraw, parse_header
from verifiable_draw.plan import Plan, PlanDraw
from verifiable_draw.plan import parse as parse_plan
from verifiable_draw.schema import either, hexadecimal, identifier, lines, one_of, record, text
from verifiable_draw.slip_codes import BYTES
from verifiable_draw.stream import WORDS, Stream
from verifiable_draw.texts import text as row
from verifiable_draw.values import Groups

Said = tuple[str, dict[str, object]]
"""Key of a sentence of the catalogue and what fills it."""

TAG = "verifiable-draw/v1/"
WORDS_A_BLOCK = 8
MOST = 1 << 30
CHAIN = ("commits.closed", "groups.fixed", "reveals.closed")
"""Entries whose hashes go into the seed after that of the header."""
_SLIP = record(
    {
        "document_number": text(1, 200),
        "document_type": text(1, 8),
        "name": text(1, 200),
        "second": either(one_of(""), hexadecimal(BYTES)),
        "secret": hexadecimal(BYTES),
        "session": identifier,
        "version": one_of(VERSION),
    }
)


@dataclass(frozen=True, slots=True)
class Taken:
    """One call of `below`: its bound, the words it took (the last one counts) and the number of the first."""

    bound: int
    first: int
    words: tuple[int, ...]

    @property
    def value(self) -> int:
        """What it gave."""
        return self.words[-1] % self.bound


class RecordingStream(Stream):
    """A stream that keeps what was taken from it."""

    __slots__ = ("count", "taken")

    def __init__(self, key: bytes) -> None:
        super().__init__(key)
        self.taken: list[Taken] = []
        self.count = 0

    def below(self, n: int) -> int:
        """As A0, keeping the words."""
        words: list[int] = []
        while not words or words[-1] >= WORDS - WORDS % n:
            words.append(self.word())
        self.taken.append(Taken(n, self.count, tuple(words)))
        self.count += len(words)
        return self.taken[-1].value


class Record:
    """The files of a public record that an explanation needs."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.header: Header = parse_header(self.file("header.json"))
        self.plan: Plan = parse_plan(self.file("plan.json"))
        entries = [_json(line, "entries.jsonl") for line in self.file("ledger/entries.jsonl").splitlines()]
        session = self.header.value["session"]
        self.bodies = {entry["type"]: entry["body"] for entry in entries if entry["session"] == session}

    def file(self, name: str) -> bytes:
        """Bytes of one file of the folder or zip; DataError if it is not there."""
        try:
            if self.path.is_dir():
                return (self.path / name).read_bytes()
            with zipfile.ZipFile(self.path) as archive:
                if archive.getinfo(name).file_size > MOST:
                    raise DataError("file.malformed", name=name, detail="1 GiB")
                return archive.read(name)
        except (KeyError, OSError, zipfile.BadZipFile) as error:
            raise UsageError("explain.no_file", name=name, path=self.path) from error

    def hashes(self) -> tuple[list[bytes], bytes, bytes]:
        """The four hashes of the challenge, the delay's last output, and the beacon's randomness (C23)."""
        try:
            four = [
                self.header.hash,
                *(bytes.fromhex(self.bodies[kind]["hash"]) for kind in CHAIN),
            ]
            y = bytes.fromhex(self.bodies["delay.done"]["segments"][-1]["y"])
        except (KeyError, IndexError, ValueError) as error:
            raise UsageError("explain.no_result", path=self.path) from error
        beacon = self.bodies.get("beacon")
        return four, y, hashlib.sha256(bytes.fromhex(beacon["signature"])).digest() if beacon else b""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One draw of the record, replayed."""

    item: PlanDraw
    header: HeaderDraw
    groups: Groups
    sizes: tuple[int, ...]
    draw_seed: bytes
    classes: tuple[int, ...]


def _json(data: bytes, name: str) -> Any:  # noqa: ANN401 - any JSON
    try:
        return decode(data)
    except EncodingError as error:
        raise DataError("file.malformed", name=name, detail=str(error)) from error


def find(record: Record, slip: bytes) -> tuple[str, int]:
    """Draw and unit that a slip opens, by the rule of V90; DataError if there is none."""
    try:
        value = json.loads(slip)
    except ValueError as error:
        raise DataError("explain.slip", detail=str(error)) from error
    problems = _SLIP(value, "")
    if problems:
        raise DataError("explain.slip", detail=lines(problems))
    if value["session"] != record.header.value["session"]:
        raise DataError("explain.other_session", session=value["session"])
    for draw in record.header.draws:
        students = parse_units(record.file(f"draws/{draw.id}/units.json")).students
        where = {identity: unit for unit, members in enumerate(students) for identity, _attributes in members}
        marks = _json(record.file(f"draws/{draw.id}/nullifiers.json"), "nullifiers.json")["nullifiers"]
        for mark in marks:
            identity = _identity(value, record.plan.draws[draw.id], record.plan.year, mark)
            if identity in where:
                return draw.id, where[identity]
    raise DataError("explain.not_found")


def _identity(slip: Mapping[str, str], item: PlanDraw, year: int, mark: str) -> bytes:
    identity = {
        "document_number": slip["document_number"],
        "document_type": slip["document_type"],
        "grade": item.grade,
        "name": slip["name"],
        "nullifier": mark,
        "school": item.school,
        "year": year,
    }
    return tagged_hash("identity", tagged_hash("slip-identity", bytes.fromhex(slip["secret"])), encode(identity))


def explain(record: Record, draw: str, unit: int) -> list[Said]:
    """Every step for one unit; DataError if the record's result is not what they give."""
    header = next((d for d in record.header.draws if d.id == draw), None)
    if header is None:
        raise UsageError("draw.unknown", draw=draw)
    four, y, randomness = record.hashes()
    session_seed = seeds.session_seed(four[0], four[1], four[2], four[3], y, randomness)
    drawn = _drawn(record, header, seeds.draw_seed(session_seed, draw))
    if not 0 <= unit < len(drawn.sizes):
        raise UsageError("explain.no_unit", draw=draw, unit=unit, last=len(drawn.sizes) - 1)
    return [
        ("explain.title", {"draw": draw, "unit": unit, "school": drawn.item.school_name, "grade": drawn.item.grade}),
        ("explain.rule", {"tag": TAG}),
        _hashed("explain.seed", "seed", session_seed, *four, y, randomness),
        _hashed("explain.draw_seed", "draw", drawn.draw_seed, session_seed, draw.encode()),
        *_drawing(drawn, unit),
        ("explain.end", {"class_": _said(drawn.item, drawn.classes[unit])}),
    ]


def _drawn(record: Record, header: HeaderDraw, draw_seed: bytes) -> Drawn:
    item = record.plan.draws[header.id]
    sizes = parse_units(record.file(f"draws/{header.id}/units.json")).sizes
    groups = parse_groups(record.file(f"draws/{header.id}/groups.json"), header, record.header.bundlings, sizes)
    outcome = allocate(groups, header.classes, sizes, draw_seed, item.sizes)
    if encode_result(outcome) != record.file(f"draws/{header.id}/result.json"):
        raise DataError("explain.differs", draw=header.id)
    return Drawn(item, header, groups, tuple(sizes), draw_seed, outcome.classes)


def _said(item: PlanDraw, number: int) -> str:
    return item.class_name(number) if item.kind in WITH_CLASSES else str(number)


def _hashed(key: str, tag: str, digest: bytes, *fields: bytes) -> Said:
    preimage = (TAG + tag).encode() + b"".join(u64(len(field)) + field for field in fields)
    return key, {"tag": tag, "preimage": preimage.hex(), "digest": digest.hex()}


def _drawing(drawn: Drawn, unit: int) -> Iterator[Said]:
    """The words taken for this unit, out of the stream of the whole draw."""
    key = tagged_hash("permuting", drawn.draw_seed)
    yield _hashed("explain.key", "permuting", key, drawn.draw_seed)
    stream = RecordingStream(key)
    if drawn.item.kind == LATE:
        yield from _late(drawn, unit, key, stream)
        return
    pins = dict(drawn.groups.pins)
    if unit in pins:
        yield "explain.pinned", {"class_": _said(drawn.item, pins[unit])}
        return
    barred = set(drawn.groups.barred)
    for number, block in enumerate(drawn.groups.blocks):
        before = stream.count
        opened = classes_open(block, pins, drawn.header.classes)
        others = [one for one in block if one not in pins]
        start, turn = len(stream.taken), 1
        order = stream.shuffle(opened)
        while not barred.isdisjoint(zip(others, order, strict=True)):
            start, turn = len(stream.taken), turn + 1
            order = stream.shuffle(opened)
        if unit in block:
            place = others.index(unit)
            yield "explain.block", {"number": number, "units": _list(block), "place": place + 1, "before": before}
            if turn > 1:
                yield "explain.again", {"times": turn - 1}
            yield from _shuffled(opened, stream.taken[start:], key)
            yield "explain.placed", {"place": place + 1, "number": order[place]}
            return
    yield from _bundle(drawn, unit, key, stream)


def _bundle(drawn: Drawn, unit: int, key: bytes, stream: RecordingStream) -> Iterator[Said]:
    """A unit of the remainder: the bundling that was picked, and where its bundle went (A18)."""
    pins, groups = dict(drawn.groups.pins), drawn.groups
    yield "explain.remainder", {"units": len(groups.remainder), "before": stream.count}
    picked = stream.below(len(groups.bundlings))
    yield from _words(stream.taken[-1], key)
    bundles = groups.bundlings[picked]
    place = next(at for at, bundle in enumerate(bundles) if unit in bundle)
    yield "explain.bundling", {"picked": picked, "units": _list(bundles[place])}
    given = next((pins[one] for one in bundles[place] if one in pins), 0)
    if given:
        yield "explain.pinned", {"class_": _said(drawn.item, given)}
        return
    pinned = [at for at, bundle in enumerate(bundles) if any(one in pins for one in bundle)]
    opened = classes_open([one for at in pinned for one in bundles[at]], pins, drawn.header.classes)
    start = len(stream.taken)
    order = stream.shuffle(opened)
    turn = sum(at not in pinned for at in range(place))
    yield from _shuffled(opened, stream.taken[start:], key)
    yield "explain.placed", {"place": turn + 1, "number": order[turn]}


def _late(drawn: Drawn, unit: int, key: bytes, stream: RecordingStream) -> Iterator[Said]:
    """A late unit: its turn, and the classes that it could get (A25)."""
    order = stream.shuffle(list(range(len(drawn.sizes))))
    turn = order.index(unit)
    yield "explain.turn", {"turn": turn + 1, "units": len(order), "order": _list(order)}
    yield from _shuffled(list(range(len(order))), stream.taken, key)
    counts = list(drawn.item.sizes)
    for one in order:
        allowed = late_choices(counts, drawn.sizes[one])
        place = allowed[stream.below(len(allowed))]
        if one == unit:
            said = [_said(drawn.item, at + 1) for at in allowed]
            yield "explain.late", {"counts": _list(counts), "allowed": "、".join(said)}
            yield from _words(stream.taken[-1], key)
            if len(allowed) == 1:
                yield "explain.forced", {}
            return
        counts[place] += drawn.sizes[one]


def _shuffled(numbers: list[int], taken: list[Taken], key: bytes) -> Iterator[Said]:
    """Fisher-Yates, exchange by exchange (A0)."""
    numbers = list(numbers)
    yield "explain.list", {"numbers": _list(numbers)}
    for i, one in zip(range(len(numbers) - 1, 0, -1), taken, strict=False):
        yield from _words(one, key)
        numbers[i], numbers[one.value] = numbers[one.value], numbers[i]
        yield "explain.exchange", {"i": i + 1, "j": one.value + 1, "numbers": _list(numbers)}


def _words(taken: Taken, key: bytes) -> Iterator[Said]:
    """The words of one `below`, each with the hash it comes from."""
    limit = WORDS - WORDS % taken.bound
    for offset, word in enumerate(taken.words):
        block, place = divmod(taken.first + offset, WORDS_A_BLOCK)
        values = {
            "number": taken.first + offset,
            "preimage": (key + u64(block)).hex(),
            "digest": hashlib.sha256(key + u64(block)).hexdigest(),
            "from_": 8 * place + 1,
            "to": 8 * place + 8,
            "hexadecimal": f"{word:08x}",
            "word": word,
            "bound": taken.bound,
            "limit": limit,
            "rest": word % taken.bound,
        }
        yield "explain.word" if word < limit else "explain.rejected", values


def _list(items: object) -> str:
    return " ".join(map(str, items)) if isinstance(items, list | tuple) else str(items)


def written(steps: list[Said], lang: str = "zh") -> Iterator[str]:
    """The steps as lines in Chinese ("zh") or English ("en")."""
    for key, values in steps:
        said = row(key, **values)
        yield said.zh if lang == "zh" else said.en
