"""Thousands of altered records, the same in every run: each is made from its number alone."""

from __future__ import annotations

import base64
import functools
import json
import random
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Tuple

from builder import MOMENT, ORIGIN, cosignature, key, post_quantum_message, public
from verifier import canonical, ledger

from tests.tamper import small
from tests.tamper.judge import Given, beside

ENTRIES = "ledger/entries.jsonl"
HOLDERS = ("operator", "operator 2", "approver", "recovery", small.SCHOOL, "r1", "r2", "w1", *small.EVERYBODY)
OPERATORS = ("operator", "operator 2")
NUMBERS = (0, 1, 2, 3, 5, 7, 16, 64, 255, 256, 1000, 2**31, 2**32, 2**53 - 1)
TEXTS = ("", "0", "b1", "d01", "d02", "o1", "own-page", "other", "女", "yes", "2026-08-25", "1234567891", "a" * 33)
NAMES = ("attempt", "constructor", "id", "__proto__", "version", "zz")


class Mutant(NamedTuple):
    name: str
    given: Given
    beside: Dict[str, Any]


class Base(NamedTuple):
    built: small.Small
    beside: Dict[str, Any]


@functools.cache
def secret_of() -> Dict[str, str]:
    """Whose key a public key is."""
    return {public(name): name for name in HOLDERS}


@functools.cache
def bases() -> List[Base]:
    """Records of both phases, with and without a policy, with all options and with none."""
    plain, plain_frozen = small.small(), small.small("header")
    rich, rich_frozen = small.small(with_policy=True), small.small("header", with_policy=True)
    since = small.as_zip(rich_frozen.files)
    whole = rich.files[ENTRIES]
    return [
        Base(rich, beside(rich)),
        Base(rich, {**beside(rich), "since": since, "ledger": whole}),
        Base(plain, beside(plain)),
        Base(plain, {}),
        Base(rich_frozen, {**beside(rich_frozen), "ledger": whole, "trust": beside(rich)["trust"]}),
        Base(plain_frozen, {"slip": plain_frozen.slip()}),
    ]


# --- values -------------------------------------------------------------------------------------------------------


def places(value: Any, path: Tuple[Any, ...] = ()) -> Iterator[Tuple[Any, ...]]:
    """Every member of a value by its path, not the value itself."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        yield (*path, name)
        yield from places(member, (*path, name))


def other_text(old: str, draw: random.Random) -> str:
    if not old or draw.random() < 0.2:
        return draw.choice(TEXTS)
    at = draw.randrange(len(old))
    near = draw.choice("0123456789abcdef") if old[at] in "0123456789abcdef" else draw.choice("abxyz-中")
    return draw.choice(
        [old[:at] + near + old[at + 1 :], old[:at] + near + old[at + 1 :], old[::-1], old[:-1], old + "0"]
    )


def other_list(old: List[Any], draw: random.Random) -> List[Any]:
    again = list(old)
    draw.shuffle(again)
    at = draw.randrange(len(old)) if old else 0
    return draw.choice([[], old[:at] + old[at + 1 :], old + old[at : at + 1], old[::-1], again, [*old, 0], [*old, []]])


def other(old: Any, draw: random.Random) -> Any:
    """Another value, mostly of the same kind."""
    if draw.random() < 0.03:
        return draw.choice([0, "", [], {}, False, [[0]]])
    if isinstance(old, bool):
        return not old
    if isinstance(old, int):
        return draw.choice([old + 1, max(0, old - 1), draw.choice(NUMBERS), -1])
    if isinstance(old, str):
        return other_text(old, draw)
    return other_list(old, draw) if isinstance(old, list) else {}


def edit(value: Any, draw: random.Random) -> str:
    """One change somewhere in a value: a member replaced, dropped or added, or two exchanged. What was done."""
    where = list(places(value))
    path = draw.choice(where)
    holder = value
    for step in path[:-1]:
        holder = holder[step]
    kind = draw.choice(("replace",) * 8 + ("drop", "add", "exchange"))
    if kind == "drop":
        del holder[path[-1]]
    elif kind == "add" and isinstance(holder, dict):
        holder[draw.choice(NAMES)] = draw.choice([0, "", [], {}])
    elif kind == "exchange" and isinstance(holder, (dict, list)) and len(holder) > 1:
        names = sorted(holder) if isinstance(holder, dict) else range(len(holder))
        one, two = draw.sample(list(names), 2)
        holder[one], holder[two] = holder[two], holder[one]
    else:
        holder[path[-1]] = other(holder[path[-1]], draw)
    return f"{kind} {'.'.join(map(str, path))}"


# --- repair -------------------------------------------------------------------------------------------------------


def resign(entries: List[Dict[str, Any]], start: int, holders: Tuple[str, ...]) -> List[bytes]:
    """Lines of entries whose chain is made anew, and from `start` on every signature of these holders."""
    lines: List[bytes] = []
    headers: Dict[str, bytes] = {}
    secrets = {of: name for of, name in secret_of().items() if name in holders}
    for number, entry in enumerate(entries):
        entry.update(seq=number, prev=ledger.leaf_hash(lines[-1]).hex() if lines else ledger.ZEROS)
        root = ledger.tree_root([ledger.leaf_hash(line) for line in lines]).hex() if lines else ledger.ZEROS
        for sig in entry["sig"] if number >= start else ():
            if sig["key"] in secrets:
                sig.update(size=number, root=root)
                message = ledger.signed_bytes(entry, sig, ORIGIN, headers.get(entry["session"], bytes(32)))
                sig["sig"] = key(secrets[sig["key"]]).sign(message).signature.hex()
        if entry["type"] == "header":
            headers.setdefault(entry["session"], bytes.fromhex(entry["body"]["hash"]))
        lines.append(canonical.encode(entry))
    return lines


def renote(files: Dict[str, bytes], lines: List[bytes], *, everybody: bool) -> None:
    """Every note made anew over these lines by the operator; cosignatures stay, or are made anew as well."""
    hashes = [ledger.leaf_hash(line) for line in lines]
    for path in [path for path in files if path.endswith(".note")]:
        data = files.pop(path)
        old = ledger.parse_note(data)
        size = len(lines) if old.size > len(lines) or old.size == _covered(files) else old.size
        root = ledger.tree_root(hashes[:size])
        text = ledger.checkpoint_text(ORIGIN, size, root)
        rows = data.partition(b"\n\n")[2].split(b"\n")[:-1]
        out = [_note_line(line, row, text, root, size, everybody=everybody) for line, row in zip(old.lines, rows)]
        files["ledger/checkpoints/%010d.note" % size] = text + b"\n" + b"".join(out)


def _covered(files: Dict[str, bytes]) -> int:
    """The number of entries that RECORD.json states: the last checkpoint covers all, however many there are now."""
    return int(json.loads(files["RECORD.json"])["counts"]["entries"])


def _note_line(
    line: ledger.SignatureLine, row: bytes, text: bytes, root: bytes, size: int, *, everybody: bool
) -> bytes:
    if line.name == ORIGIN:
        who = next((name for name in OPERATORS if _key_id(ORIGIN, name, 1) == line.key_id), "operator")
        raw = line.key_id + key(who).sign(text).signature
    elif everybody and line.name == "pq.example":
        signature = small.KnownLedger.post_quantum("pq-1", post_quantum_message(line.name, size, root))
        raw = line.key_id + MOMENT.to_bytes(8, "big") + signature
    elif everybody:
        who = "w1" if line.name == "witness.example" else line.name.rsplit("/", 1)[-1]
        raw = line.key_id + cosignature(who, text)
    else:
        return row + b"\n"
    return ("\u2014 %s %s\n" % (line.name, base64.b64encode(raw).decode())).encode()


def _key_id(name: str, who: str, kind: int) -> bytes:
    return ledger.key_id(name, bytes.fromhex(public(who)), kind)


def rewrite(files: Dict[str, bytes], entries: List[Dict[str, Any]], start: int, repair: str) -> None:
    """Entries put into a record. `repair`: "none", "chain", "operator" (signs anew from `start`) or "all"."""
    if repair == "none":
        lines = [canonical.encode(entry) for entry in entries]
    else:
        holders = {"chain": (), "operator": OPERATORS, "all": HOLDERS}[repair]
        lines = resign(entries, start, holders)
    files[ENTRIES] = b"".join(line + b"\n" for line in lines)
    if repair in ("operator", "all"):
        renote(files, lines, everybody=repair == "all")


def entries_of(files: Dict[str, bytes]) -> List[Dict[str, Any]]:
    return [json.loads(line) for line in files[ENTRIES].split(b"\n")[:-1]]


# --- kinds of mutants ---------------------------------------------------------------------------------------------

Kind = Callable[[random.Random, Dict[str, bytes], Dict[str, Any]], str]


def flip(draw: random.Random, files: Dict[str, bytes], _: Dict[str, Any]) -> str:
    path = draw.choice(sorted(files))
    files[path] = flipped(files[path], draw)
    return path


def flipped(data: bytes, draw: random.Random) -> bytes:
    out = bytearray(data)
    at = draw.randrange(len(out))
    out[at] ^= draw.choice((1, 1, 2, 3, 4, 5, 6, 7, 8, 16, 32, 64, 128))
    return bytes(out)


def alter_file(draw: random.Random, files: Dict[str, bytes], _: Dict[str, Any]) -> str:
    names = [path for path in sorted(files) if path.endswith(".json")]
    path = draw.choice([*names, "header.json", "plan.json"])
    value = json.loads(files[path])
    done = [edit(value, draw) for _ in range(draw.choice((1, 1, 1, 2, 3)))]
    files[path] = canonical.encode(value)
    return f"{path} {', '.join(done)}"


def alter_entry(draw: random.Random, files: Dict[str, bytes], _: Dict[str, Any]) -> str:
    entries = entries_of(files)
    at = draw.randrange(len(entries))
    name = draw.choice(("body", "body", "body", "sig", ""))
    done = edit(entries[at][name] if name and entries[at][name] else entries[at], draw)
    repair = draw.choice(("none", "chain", "operator", "all", "all"))
    try:
        rewrite(files, entries, at, repair)
    except (KeyError, TypeError, ValueError, AttributeError):  # too broken to be signed
        repair = "none"
        rewrite(files, entries, at, repair)
    return f"entry {at} {name} {done}, {repair}"


def move_entry(draw: random.Random, files: Dict[str, bytes], _: Dict[str, Any]) -> str:
    entries = entries_of(files)
    at, to = draw.randrange(len(entries)), draw.randrange(len(entries))
    kind = draw.choice(("drop", "double", "move", "cut"))
    if kind == "double":
        entries.insert(to, json.loads(json.dumps(entries[at])))
    elif kind == "cut":
        del entries[max(at, 1) :]
    else:
        taken = entries.pop(at)
        if kind == "move":
            entries.insert(to, taken)
    repair = draw.choice(("none", "chain", "operator", "all"))
    rewrite(files, entries, min(at, to), repair)
    return f"{kind} {at} {to}, {repair}"


def alter_text(draw: random.Random, files: Dict[str, bytes], _: Dict[str, Any]) -> str:
    """JSON that says the same in other bytes, or nearly JSON."""
    path = draw.choice([path for path in sorted(files) if path.endswith((".json", ".jsonl"))])
    data = files[path]
    digits = [at for at in range(len(data)) if data[at : at + 1].isdigit() and data[at - 1 : at] in b":,["]
    commas = [at for at in range(len(data)) if data[at : at + 1] in b",:{"]
    at, digit = draw.choice(commas) + 1, draw.choice(digits or [0])
    inserted = draw.choice(
        [b" ", b"\n", b"\r\n", b"\t", b"\xef\xbb\xbf", b"\xc2\xa0", b'"a":0,', b'"__proto__":{},', b","]
    )
    files[path] = draw.choice(
        [
            data[:at] + inserted + data[at:],
            data + inserted,
            inserted + data,
            data[:digit] + draw.choice([b"0", b"-", b"1e", b"9" * 16, b"0.", b"+"]) + data[digit:],
            data[: digit + 1] + draw.choice([b".0", b"e0", b"E0", b"0" * 15]) + data[digit + 1 :],
            data.replace(b'"d', b'"\\u0064', 1),
            data.replace(
                b'"', b'"' + draw.choice(ODD_CHARACTERS).encode("utf-8", "surrogatepass"), 1 + draw.randrange(9)
            ),
            data[: draw.randrange(len(data))],
            data.replace(b"\n", b"\r\n", 1) if b"\n" in data else data + b"\n",
        ]
    )
    return f"text of {path}"


ODD_CHARACTERS = (
    "e\u0301", "\u00e9", "\u0000", "\u001f", "\u007f", "\u0080", "\u200b", "\ufeff", "\ufffe", "\uffff", "\ud800",
    "\u212b", "\u0378", "\U000e0001", "\U0010ffff", "\U0001f9ff", "\U0001fa80", "\U0001fae8", "\U00030000",
    "\U00031350", "\U000323b0", "\U0002ebf0",
    "\u1112\u1161", "\ufb01", "\u0344", "\u9ff0", "\ua7c7", "\ue000", "\u0cf3", "\u0f77",
)  # fmt: skip


ODD_PATHS = (
    "draws/d02/units.json", "ledger/checkpoints/0000000003.note", "notes.txt", "draws/d01/x.json", "delay.json",
    "statement.json", "draws/d01/groups.json", "SPEC.md", "ledger/checkpoints/3.note",
)  # fmt: skip


def alter_set(draw: random.Random, files: Dict[str, bytes], _: Dict[str, Any]) -> str:
    """Files dropped, doubled, exchanged or added."""
    one, two = draw.sample(sorted(files), 2)
    kind = draw.choice(("drop", "double", "exchange", "add"))
    if kind == "drop":
        del files[one]
    elif kind == "exchange":
        files[one], files[two] = files[two], files[one]
    else:
        files[draw.choice(ODD_PATHS)] = files[one] if kind == "double" else b"{}"
    return f"{kind} {one} {two}"


ODD_LINES = (
    "\u2014 x AAAAAAA=", "\u2014 x AAAAAA==", "\u2014 x\u2028y AAAAAAA=", "\u2014 é AAAAAAA=", "- x AAAAAAA=",
    "\u2014 x+y AAAAAAA=", "\u2014 x\u0085 AAAAAAA=", "\u2014 x\u3000 AAAAAAA=", "\u2014 \u200b AAAAAAA=",
    "\u2014 x AAAA\nAAA=", "\u2014 x AAAAAAB=", "\u2014  AAAAAAA=", "\u2014 x\x7f AAAAAAA=", "\u2014 x\ufeff AAAAAAA=",
    "\u2014 x\x1c AAAAAAA=", "\u2014 x\u180e AAAAAAA=", "\u2014 x\u1680y AAAAAAA=",
)  # fmt: skip


def alter_note(draw: random.Random, files: Dict[str, bytes], _: Dict[str, Any]) -> str:
    path = draw.choice([path for path in sorted(files) if path.endswith(".note")])
    rows = files[path].split(b"\n")
    at = draw.randrange(len(rows) - 1)
    kind = draw.choice(("drop", "double", "swap", "add", "space", "name", "size"))
    if kind == "drop":
        del rows[at]
    elif kind == "double":
        rows.insert(at, rows[at])
    elif kind == "swap":
        rows[at], rows[at - 1] = rows[at - 1], rows[at]
    elif kind == "add":
        rows.insert(len(rows) - 1, draw.choice(ODD_LINES).encode())
    elif kind == "space":
        rows[at] += draw.choice([b" ", b"\r", b"\t", b"="])
    elif kind == "name":
        rows[at] = rows[at].replace(b"example", b"exampel")
    else:
        rows[1] = draw.choice([b"0" + rows[1], b"+" + rows[1], b"9" * 16, b"9007199254740992", b"0", b"", b"-1"])
    files[path] = b"\n".join(rows)
    return f"{path} {kind} {at}"


def alter_given(draw: random.Random, _: Dict[str, bytes], given: Dict[str, Any]) -> str:
    """What stands beside the record: altered, exchanged, left out or given twice."""
    if not given:
        given["trust"] = b"{}"
        return "trust that says nothing"
    name = draw.choice(sorted(given))
    value = given[name]
    several = isinstance(value, list)
    data = value[0] if several and value else value or b"{}"
    if name in ("trust", "slip", "sealed") and draw.random() < 0.7:
        parsed = json.loads(data)
        done = edit(parsed, draw)
        data = canonical.encode(parsed)
    elif name == "ledger" and draw.random() < 0.7:
        lines = data.split(b"\n")
        at = draw.randrange(len(lines) - 1)
        done = draw.choice(("drop", "double", "cut"))
        lines = {
            "drop": lines[:at] + lines[at + 1 :],
            "double": [*lines[:at], *lines[at - 1 :]],
            "cut": [*lines[:at], b""],
        }[done]
        data = b"\n".join(lines)
    else:
        done, data = "flip", flipped(data, draw)
    given[name] = [data] if several else data
    if several and draw.random() < 0.2:
        given[name] = [data, *value]
    return f"{name} {done}"


def swap_given(draw: random.Random, _: Dict[str, bytes], given: Dict[str, Any]) -> str:
    """Something of another session or ledger, or of another kind, beside the record."""
    foreign = _foreign()
    name = draw.choice(sorted(foreign))
    given[name] = draw.choice(foreign[name])
    return f"another {name}"


@functools.cache
def _foreign() -> Dict[str, List[Any]]:
    spring = small.small(session=small.OTHER_SESSION)
    frozen = small.small("header", session=small.OTHER_SESSION)
    rich = small.small(with_policy=True)
    records = [small.as_zip(one.files) for one in (spring, frozen, rich)]
    return {
        "trust": [beside(spring)["trust"], spring.slip(), b"", b"{}"],
        "slip": [spring.slip(), small.small().slip(0), small.small().slip(5), b"[]"],
        "sealed": [beside(spring)["sealed"], [b"{}"], beside(rich)["sealed"] * 2],
        "since": [*records, dict(rich.files), b"PK"],
        "others": [[records[0]], [records[2]], [records[1], records[2]], [b""], records],
        "ledger": [spring.files[ENTRIES], rich.files[ENTRIES], b"", b"\n", b"{}\n"],
    }


def lie(draw: random.Random, files: Dict[str, bytes], _: Dict[str, Any]) -> str:
    """A file altered, and every hash of it that the ledger states made to fit, signed by whoever can."""
    names = [path for path in sorted(files) if path.endswith(".json") and path != "RECORD.json"]
    path = draw.choice(names)
    value, old = json.loads(files[path]), files[path]
    done = edit(value, draw)
    files[path] = canonical.encode(value)
    renames = {digest(old): digest(files[path]) for digest in (_sha, _plan, _header, _nullifiers)}
    text = files[ENTRIES].decode()
    for before, after in renames.items():
        text = text.replace(before, after)
        files["header.json"] = files["header.json"].replace(before.encode(), after.encode())
    entries = [json.loads(line) for line in text.split("\n")[:-1]]
    repair = draw.choice(("operator", "all", "all"))
    rewrite(files, entries, 0 if repair == "all" else 10, repair)
    return f"{path} {done}, stated everywhere, {repair}"


def _sha(data: bytes) -> str:
    return small.builder.hashlib.sha256(data).hexdigest()


def _plan(data: bytes) -> str:
    return canonical.tagged("plan", data).hex()


def _header(data: bytes) -> str:
    return canonical.tagged("header", data).hex()


def _nullifiers(data: bytes) -> str:
    return canonical.tagged("nullifiers", data).hex()


def zipped(draw: random.Random, files: Dict[str, bytes], _: Dict[str, Any]) -> str:
    return f"zip {draw.random()}"  # altered when it is written, below


KINDS: Tuple[Kind, ...] = (
    flip, flip, alter_file, alter_file, alter_file, alter_entry, alter_entry, alter_entry, move_entry, alter_text,
    alter_set, alter_note, alter_note, alter_given, alter_given, swap_given, lie, lie, zipped,
)  # fmt: skip


def mutant(number: int) -> Mutant:
    """The mutant of that number."""
    draw = random.Random(number)
    base = draw.choice(bases())
    files, given = dict(base.built.files), dict(base.beside)
    kind = draw.choice(KINDS)
    done = kind(draw, files, given)
    repaired = draw.random() < 0.8
    if repaired and "RECORD.json" in files:
        try:
            small.reseal(files)
        except canonical.EncodingError:
            repaired = False
    name = f"{number}: {kind.__name__}: {done}, {'repaired' if repaired else 'as it is'}"
    if kind is zipped:
        return Mutant(name, _altered_zip(files, draw), given)
    return Mutant(name, small.as_zip(files) if draw.random() < 0.3 and files else files, given)


def _altered_zip(files: Dict[str, bytes], draw: random.Random) -> bytes:
    data = small.as_zip(files)
    start = data.rindex(b"PK\1\2", 0, data.index(b"PK\1\2") + 4)
    begin = draw.choice([start, len(data) - 22, 0])
    end = begin + draw.choice([22, 46, 80, 200])
    at = draw.randrange(begin, min(end, len(data)))
    odd = bytes([draw.randrange(256)])
    return draw.choice(
        [data[:at] + odd + data[at + 1 :], data[:at] + odd + data[at:], data[:at] + data[at + 1 :], data + odd]
    )
