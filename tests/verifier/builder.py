"""Small complete records, made step by step by the specification, with a place to change every step.

`Builder(changes).build()` runs a whole session. A change is a function by name:

    "body:<type>"    gets the body of every entry of a type before it is signed
    "sig:<type>"     gets every signature of a type with id, key, size and root, before it is made
    "entry:<type>"   gets the finished entry (signatures included), before it enters the chain
    "file:<path>"    gets the value of a file before its bytes are hashed anywhere
    "before:<type>"  gets the builder before the first entry of a type
    "sealed:<draw>"  gets the sealed roster of a draw before it is committed to
    "cosigners"      gets the names of those who cosign the checkpoint that ends with coverage.closed

so a test can make one lie at one place while everything after it is honestly computed from that lie.
"""

from __future__ import annotations

import base64
import copy
import functools
import hashlib
from collections import Counter
from typing import Any, Callable, Dict, List, Optional, Tuple

import nacl.signing
from cryptography.hazmat.primitives.asymmetric import mldsa
from verifier import allocation, balance, canonical, classgroup, grouping, ledger, rules
from verifier.canonical import VERSION, encode, tagged

import stamping

ORIGIN = "draw.example/bureau"
SESSION = "2026-autumn"
MOMENT = 1787600000  # of all cosignatures
WITNESSES = (("witness.example", "w1"), ("pq.example", "pq-1"))  # of the policy: name in notes, name of the key
ITERATIONS = 1000
Change = Callable[[Any], None]
Signer = Tuple[str, str]  # role, id


@functools.cache
def key(name: str) -> nacl.signing.SigningKey:
    return nacl.signing.SigningKey(hashlib.sha256(name.encode()).digest())


def public(name: str) -> str:
    return bytes(key(name).verify_key).hex()


@functools.cache
def pq_key(name: str) -> mldsa.MLDSA44PrivateKey:
    return mldsa.MLDSA44PrivateKey.from_seed_bytes(hashlib.sha256(name.encode()).digest())


@functools.cache
def pq_public(name: str) -> bytes:
    return pq_key(name).public_key().public_bytes_raw()


def vkey(name: str, who: str, kind: int = 4) -> str:
    """A cosigner's key as in a policy (L17), Ed25519 (4) or ML-DSA-44 (6)."""
    data = pq_public(who) if kind == 6 else bytes.fromhex(public(who))
    encoded = base64.b64encode(bytes([kind]) + data).decode()
    return "%s+%s+%s" % (name, ledger.key_id(name, data, kind).hex(), encoded)


def fresh(*names: Any) -> bytes:
    """32 bytes that look random and are the same in every run."""
    return hashlib.sha256(repr(names).encode()).digest()


@functools.lru_cache(maxsize=64)
def evaluate(challenge: bytes, iterations: int, segments: int) -> List[Dict[str, str]]:
    """The delay and its proofs (C20), slowly."""
    d = classgroup.discriminant(challenge)
    bound = classgroup.fourth_root(d)
    x, steps, out = classgroup.generator(d), iterations // segments, []
    for _ in range(segments):
        y = x
        for _ in range(steps):
            y = classgroup.square(y, bound)
        b = classgroup.hash_prime(classgroup.encode_form(x) + classgroup.encode_form(y), 264, (263,))
        proof = classgroup.power_product(x, 2**steps // b, classgroup.identity(d), 0, d)
        out.append({"proof": classgroup.encode_form(proof).hex(), "y": classgroup.encode_form(y).hex()})
        x = y
    return out


@functools.lru_cache(maxsize=64)
def grouped(sealed: bytes, seed: bytes, bundlings: int) -> bytes:
    return encode(grouping.compute(canonical.decode(sealed), seed, bundlings))


OBSERVERS = [
    {"client": "bureau-page", "id": "b1", "role": "bureau"},
    {"client": "own-program", "id": "o1", "role": "parent"},
    {"client": "command-line", "id": "o2", "role": "notary"},
    {"client": "kiosk", "id": "o3", "role": "congress"},
    {"client": "kiosk", "id": "o4", "role": "other"},  # commits and never opens
    {"client": "kiosk", "id": "o5", "role": "other"},  # never commits
]
APART = {"d01": 1, "d02": 5}  # pairs; those of d02 make its remainder large enough for A22, that of d01 is too small
ATTRIBUTES = [
    {"free": [], "id": "sex", "merged": [], "values": ["女", "男"]},
    {"free": [], "id": "migrant", "merged": [], "values": ["no", "yes"]},
]


def default_plan() -> Dict[str, Any]:
    draw = {
        "batch": 1, "caps": [], "class_names": [], "classes": 3, "grade": 1, "kind": "classes", "most": 0,
        "school_name": "阳光小学", "sizes": [], "take": 0,
    }  # fmt: skip
    return {
        "attributes": copy.deepcopy(ATTRIBUTES),
        "balance": ["sex", "migrant"],
        "bundlings": 16,
        "bureau": "示范教育局",
        "contact": {"email": "", "phone": "0571-00000000", "site": "https://draw.example/"},
        "crossed": [],
        "date": "2026-08-25",
        "delay": {"bits": 1024, "iterations": ITERATIONS, "kind": "chiavdf-wesolowski", "segments": 1},
        "draws": [
            dict(draw, id="d01", school="1234567890", caps=[{"attribute": "migrant", "max": 9, "value": "yes"}]),
            dict(draw, id="d02", school="1234567891", grade=7),
        ],
        "origin": ORIGIN,
        "pins": ["accessibility", "court"],
        "quorum": {"covered": 3, "roles": {"parent": 1}},
        "recipients": [
            {"id": "r%d" % i, "name": "保管方", "sealing_key": fresh("seal", i).hex(), "signing_key": public("r%d" % i)}
            for i in (1, 2)
        ],
        "rehearsal": False,
        "retention_years": 6,
        "same_names": "ignore",
        "screen": {"names": "none"},
        "session": SESSION,
        "software": {"page": "", "source": "", "verifier": "", "version": "1"},
        "sources": {"drand": {}, "public_draw": {"alphabet": "0123456789", "confirmations": 2, "length": 6}},
        "title": "分班",
        "version": VERSION,
        "windows": {"attest": 60, "commit": 60, "reveal": 1, "roster_to_header": 30},
        "year": 2026,
        "year_key": tagged("year-key", fresh("year salt"), fresh("year key")).hex(),
    }


def default_policy() -> List[str]:
    """Both an Ed25519 and a post-quantum witness must have cosigned."""
    return [
        "# who watches this ledger",
        "witness w1 %s https://witness.example/" % vkey("witness.example", "w1"),
        "witness w2 %s" % vkey("pq.example", "pq-1", 6),
        "group both all w1 w2",
        "quorum both",
    ]


QUICKNET = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
BEACONS = {  # as published
    16777215: "84efb467b2b9f3578c169393d8bd5ccfd17da400a975325282b2955eb10adac747904c3aafd152e48e19d23f8d416f0f",
    20791007: "8d2c8bbc37170dbacc5e280a21d4e195cff5f32a19fd6a58633fa4e4670478b5fb39bc13dd8f8c4372c5a76191198ac5",
}


class Ledger:
    """Entries with their chain; every signer has seen everything so far."""

    day = "2026-08-25"

    @staticmethod
    def post_quantum(who: str, message: bytes) -> bytes:
        return post_quantum(who, message)

    def __init__(self, changes: Dict[str, Change]) -> None:
        self.changes = changes
        self.entries: List[Dict[str, Any]] = []
        self.lines: List[bytes] = []
        self.headers: Dict[str, bytes] = {}
        self.clock = 0
        self.holders: Dict[str, str] = {}  # id -> name of its key, if that is not the id itself
        self.operators: List[Tuple[int, str]] = [(0, "operator")]  # from which size on, name of the key

    def holder(self, name: str) -> str:
        return self.holders.get(name, name)

    def give(self, name: str, who: str) -> None:
        """From the next entry on somebody has another key."""
        self.holders[name] = who
        if name == "operator":
            self.operators.append((len(self.lines), who))

    def change(self, name: str, value: Any) -> Any:
        if name in self.changes:
            self.changes[name](value)
        return value

    def root(self, size: Optional[int] = None) -> bytes:
        return ledger.tree_root([ledger.leaf_hash(line) for line in self.lines[:size]])

    def time(self) -> str:
        self.clock += 10
        hours, rest = divmod(self.clock, 3600)
        return "%sT%02d:%02d:%02dZ" % (self.day, hours, rest // 60, rest % 60)

    def add(self, kind: str, body: Any, signers: List[Signer], session: str = SESSION, new: str = "") -> None:
        """An entry. `new` is the name of the key that the last of several signers signs with."""
        body = self.change("body:" + kind, copy.deepcopy(body))
        role, name = signers[0]
        entry = {
            "actor": {"id": name, "role": role},
            "body": body,
            "prev": ledger.leaf_hash(self.lines[-1]).hex() if self.lines else ledger.ZEROS,
            "seq": len(self.lines),
            "session": session,
            "sig": [],
            "time": self.time(),
            "type": kind,
        }
        for place, (role, name) in enumerate(signers):
            who = new if new and place == len(signers) - 1 else self.holder(name)
            size = len(self.lines)
            root = self.root().hex() if size else ledger.ZEROS
            sig = {"id": name, "key": public(who), "role": role, "root": root, "sig": "", "size": size}
            self.change("sig:" + kind, sig)
            message = ledger.signed_bytes(entry, sig, ORIGIN, self.headers.get(session, bytes(32)))
            sig["sig"] = key(sig.pop("with", who)).sign(message).signature.hex()
            entry["sig"].append(sig)
        self.change("entry:" + kind, entry)
        if kind == "header":
            self.headers.setdefault(session, bytes.fromhex(body["hash"]))
        self.entries.append(entry)
        self.lines.append(encode(entry))

    def text(self, size: int) -> bytes:
        """What the checkpoint of that size says (L8)."""
        return ("%s\n%d\n%s\n" % (ORIGIN, size, base64.b64encode(self.root(size)).decode())).encode()

    def note(
        self, size: Optional[int] = None, cosigners: Tuple[Tuple[str, str], ...] = (), operator: str = ""
    ) -> bytes:
        """A checkpoint; cosigners are (name in the note, name of the key), those of "pq-" keys by ML-DSA-44."""
        size = len(self.lines) if size is None else size
        text = self.text(size)
        operator = operator or [who for start, who in self.operators if start <= size][-1]
        lines = [_line(ORIGIN, operator, 1, key(operator).sign(text).signature)]
        for name, who in cosigners:
            if who.startswith("pq-"):
                signature = self.post_quantum(who, post_quantum_message(name, size, self.root(size)))
                lines.append(_line(name, who, 6, MOMENT.to_bytes(8, "big") + signature))
            else:
                lines.append(_line(name, who, 4, cosignature(who, text)))
        return text + b"\n" + b"".join(lines)


def cosignature(who: str, text: bytes, moment: int = MOMENT) -> bytes:
    """Time and Ed25519 signature of L10."""
    return moment.to_bytes(8, "big") + key(who).sign(b"cosignature/v1\ntime %d\n" % moment + text).signature


def post_quantum_message(name: str, size: int, root: bytes, moment: int = MOMENT) -> bytes:
    """What an ML-DSA-44 cosignature is over (L21)."""
    time = moment.to_bytes(8, "big")
    fields = (len(name), name.encode(), time, len(ORIGIN), ORIGIN.encode(), bytes(8), size.to_bytes(8, "big"), root)
    parts = [bytes([field]) if isinstance(field, int) else field for field in fields]
    return b"subtree/v1\n\0" + b"".join(parts)


def post_quantum(who: str, message: bytes) -> bytes:
    """An ML-DSA-44 signature; another one every time."""
    return pq_key(who).sign(message)


def _line(name: str, who: str, kind: int, signature: bytes) -> bytes:
    data = pq_public(who) if kind == 6 else bytes.fromhex(public(who))
    raw = ledger.key_id(name, data, kind) + signature
    return (f"\u2014 {name} {base64.b64encode(raw).decode()}\n").encode()


class Builder:
    crew = OBSERVERS
    openers = ("b1", "o1", "o2", "o3")
    silent = ("o4",)  # commit and never open; who is in no list never commits
    evaluate = staticmethod(evaluate)
    ledger_class = Ledger

    def __init__(self, changes: Optional[Dict[str, Change]] = None) -> None:
        self.ledger = self.ledger_class(changes or {})
        self.files: Dict[str, bytes] = {}
        self.sealed: Dict[str, bytes] = {}
        self.frozen: Dict[str, Dict[str, Any]] = {}
        self.drawn: Dict[str, List[int]] = {}  # classes of the units of every draw
        self.session = SESSION
        self.witnesses: Tuple[Tuple[str, str], ...] = WITNESSES[:1]  # who cosign the last checkpoint
        self._begun: set = set()

    # --- small steps ----------------------------------------------------------------------------------------------

    def add(self, kind: str, body: Any, *signers: Signer, session: Optional[str] = None, new: str = "") -> None:
        if kind not in self._begun:
            self._begun.add(kind)
            self.ledger.change("before:" + kind, self)
        more = {"new": new} if new else {}
        self.ledger.add(kind, body, list(signers), self.session if session is None else session, **more)

    def operator(self, kind: str, body: Any, session: Optional[str] = None) -> None:
        self.add(kind, body, ("operator", "operator"), session=session)

    def file(self, path: str, value: Any) -> bytes:
        value = self.ledger.change("file:" + path, value)
        self.files[path] = encode(value)
        return self.files[path]

    # --- keys, policy, timestamps (L12, L17, L20) ----------------------------------------------------------------------

    def rotate(self, role: str, new: str, name: str = "") -> None:
        """`name`: the school's ten digits; ids of offices are their roles."""
        name = name or role
        body = {"id": name, "key": public(new), "role": role}
        self.add("key.rotated", body, (role, name), (role, name), session="", new=new)
        self.ledger.give(name, new)

    def retire(self, school: str, key_name: str = "") -> None:
        body = {"id": school, "key": public(key_name or self.ledger.holder(school)), "reason": "test", "role": "school"}
        self.add("key.retired", body, ("operator", "operator"), ("approver", "approver"), session="")

    def add_school(self, school: str, new: str) -> None:
        body = {"id": school, "key": public(new), "role": "school"}
        self.add("key.added", body, ("operator", "operator"), ("approver", "approver"), session="")
        self.ledger.give(school, new)

    def replace(self, role: str, new: str) -> None:
        others = [(office, office) for office in ("operator", "approver", "recovery") if office != role]
        body = {"document": "00" * 32, "id": role, "key": public(new), "reason": "test", "role": role}
        self.add("key.replaced", body, *others, (role, role), session="", new=new)
        self.ledger.give(role, new)

    def confirm(self, name: str = "witness.example", who: str = "w1", size: Optional[int] = None) -> None:
        text = self.ledger.text(len(self.ledger.lines) if size is None else size)
        self.operator("key.confirmed", {"cosignature": cosignature(who, text).hex(), "name": name}, session="")

    def policy(self, lines: Optional[List[str]] = None) -> None:
        lines = default_policy() if lines is None else lines
        self.add("policy", {"lines": lines}, ("operator", "operator"), ("approver", "approver"), session="")
        self.witnesses = WITNESSES

    def timestamp(self, size: Optional[int] = None, **other: Any) -> None:
        """`other`: what stands in the response instead of what is right, see stamping.py."""
        size = len(self.ledger.lines) if size is None else size
        data = stamping.response(**{"digest": hashlib.sha256(self.ledger.text(size)).digest(), **other})
        self.operator("timestamp", {"response": data.hex(), "size": size}, session="")

    # --- the session ----------------------------------------------------------------------------------------------

    def build(self, until: str = "published") -> Builder:
        steps = [self.open_ledger, self.plan, self.rosters, self.enrol, self.header]
        if until == "published":
            steps += [self.commit, self.groups, self.reveal, self.result, self.publish]
        for step in steps:
            step()
        self.finish("result" if until == "published" else "frozen")
        return self

    def open_ledger(self) -> None:
        roles = ("operator", "approver", "recovery")
        keys = [{"id": role, "key": public(role), "role": role} for role in roles]
        body = {"bureau": "示范教育局", "keys": keys, "origin": ORIGIN, "predecessor": {}, "version": VERSION}
        self.operator("genesis", body, session="")
        for name in ("1234567890", "1234567891"):
            signers = (("operator", "operator"), ("approver", "approver"))
            self.add("key.added", {"id": name, "key": public(name), "role": "school"}, *signers, session="")
        schools = [
            {"classes": 3, "grade": 1, "name": "阳光小学", "school": "1234567890"},
            {"classes": 3, "grade": 7, "name": "阳光小学", "school": "1234567891"},
            {"classes": 1, "grade": 1, "name": "山顶教学点", "school": "1234567899"},
        ]
        self.operator("register", {"schools": schools, "year": 2026}, session="")

    def plan(self) -> None:
        data = self.file("plan.json", default_plan())
        self.plan_value = canonical.decode(data)
        self.operator("plan", {"hash": rules.plan_hash(data).hex(), "size": len(data)})

    def rosters(self) -> None:
        for draw in self.plan_value["draws"]:
            name = draw["id"]
            body = {"draw": name, "students": 0, "submission": fresh("submission", name).hex()}
            frozen = self.freeze(draw)
            body["students"] = frozen["students"]
            self.add("roster.submitted", body, ("school", draw["school"]))
            self.add("roster.approved", body, ("approver", "approver"))
            self.operator("roster.frozen", frozen)
            self.frozen[name] = self.ledger.entries[-1]["body"]

    def freeze(self, draw: Dict[str, Any]) -> Dict[str, Any]:
        """Sealed roster and frozen summary of a draw: 20 children, one pair of twins, some pairs apart; or people."""
        name, divides = draw["id"], draw["kind"] == "classes"
        students = [self._student(name, i) for i in range(self.heads(draw))]
        # Twins, or a team of two teachers; elsewhere everybody is alone.
        together = 1 if draw["kind"] in ("select", "order") else 2
        units = [students[:together]] + [[student] for student in students[together:]]
        k = rules.places(draw, {"students": len(students), "units": len(units)})
        for unit in units:
            unit.sort(key=_leaf)
        units.sort(key=_unit_hash)
        pairs = [[_pair(student) for student in unit] for unit in units]
        singles = [index for index, unit in enumerate(units) if len(unit) == 1]
        constraints = {
            "apart": [singles[2 * i : 2 * i + 2] for i in range(APART.get(name, 0) if divides else 0)],
            "barred": [],
            "caps": draw["caps"],
            "pins": [],
            "together": [index for index, unit in enumerate(units) if len(unit) > 1],
        }
        sealed = {
            "attributes": copy.deepcopy(self.plan_value["attributes"]) if divides else [],
            "caps": draw["caps"],
            "classes": k,
            "constraints": constraints,
            "constraints_salt": fresh("constraints", name).hex(),
            "crossed": copy.deepcopy(self.plan_value["crossed"]) if divides else [],
            "draw": name,
            "salt": fresh("sealed", name).hex(),
            "session": self.session,
            "units": units,
            "version": VERSION,
            "year_key": fresh("year key").hex(),
            "year_key_salt": fresh("year salt").hex(),
        }
        self.ledger.change("sealed:" + name, sealed)
        self.sealed[name] = encode(sealed)
        self.file(f"draws/{name}/units.json", {"draw": name, "units": pairs})
        numbers = sorted(student["nullifier"] for student in students)
        nullifiers = self.file(f"draws/{name}/nullifiers.json", {"draw": name, "nullifiers": numbers})
        blocks = self.blocks(sealed) if divides else 1
        sizes = sorted(map(len, units))
        salt = bytes.fromhex(sealed["constraints_salt"])
        return {
            "blocks": blocks,
            "constraints": counted(constraints),
            "constraints_root": tagged("constraints", salt, encode(constraints)).hex(),
            "draw": name,
            "nullifiers_root": tagged("nullifiers", nullifiers).hex(),
            "remainder": len(units) - k * blocks if divides else 0,
            "roster_root": ledger.tree_root([ledger.leaf_hash(_unit_hash(unit)) for unit in units]).hex(),
            "sealed_hash": tagged("sealed-roster", self.sealed[name]).hex(),
            "students": len(students),
            "submission": fresh("submission", name).hex(),
            "unit_sizes": [[size, sizes.count(size)] for size in sorted(set(sizes))],
            "units": len(units),
        }

    @staticmethod
    def blocks(sealed: Dict[str, Any]) -> int:
        """How many blocks A2 and A3 make of a roster."""
        roster = grouping.Roster(sealed)
        return sum(grouping.block_numbers(roster, grouping.cells_of(roster)))

    def heads(self, draw: Dict[str, Any]) -> int:
        """How many people a draw has: 20 children; one more than classes' teachers; seven late children or persons."""
        return {"classes": 20, "teachers": draw["classes"] + 1}.get(draw["kind"], 7)

    def _student(self, draw: str, i: int) -> Dict[str, Any]:
        attributes = {"migrant": ["no", "yes"][i % 5 == 0], "sex": ["女", "男"][i % 2]}
        if next(one["kind"] for one in self.plan_value["draws"] if one["id"] == draw) != "classes":
            attributes = {}
        return {
            "attributes": attributes,
            "attributes_salt": fresh("attributes", draw, i).hex(),
            "identity": fresh("identity", draw, i).hex(),
            "nullifier": fresh("nullifier", draw, i).hex(),
        }

    def enrol(self) -> None:
        self.ledger.clock += 60
        for one in self.crew:
            self.operator("observer.enrolled", dict(one, key=public(one["id"])))
        made = [e for e in self.ledger.entries if e["type"] == "observer.enrolled" and e["session"] == self.session]
        self.observers = [entry["body"] for entry in made]
        self.observers = [one for one in self.observers if one["key"] == public(one["id"])]

    def header(self) -> None:
        plan, value = self.plan_value, {}
        for name in rules.COMMON:
            value[name] = plan[name]
        value["plan"] = rules.plan_hash(self.files["plan.json"]).hex()
        value["observers"] = self.observers
        names = ("id", "kind", "school", "grade", "batch")
        value["draws"] = [
            dict(
                {name: draw[name] for name in names},
                attempt=1,
                classes=rules.places(draw, self.frozen[draw["id"]]),
                frozen=self.frozen[draw["id"]],
            )
            for draw in plan["draws"]
        ]
        data = self.file("header.json", value)
        self.header_value, self.header_hash = canonical.decode(data), rules.header_hash(data)
        names = ("attempt", "batch", "grade", "id", "kind", "school")
        body = {
            "draws": [{name: draw[name] for name in names} for draw in self.header_value["draws"]],
            "hash": self.header_hash.hex(),
            "rehearsal": self.header_value["rehearsal"],
            "size": len(data),
            "year": self.header_value["year"],
        }
        self.operator("header", body)

    def secrets(self, name: str) -> Tuple[bytes, bytes]:
        return fresh("contribution", name), fresh("salt", name)

    def commitment_of(self, name: str) -> bytes:
        return tagged("commit", self.header_hash, name.encode(), bytes.fromhex(public(name)), *self.secrets(name))

    def commit(self) -> None:
        for name in (*self.openers, *self.silent):
            self.add("commitment", {"commitment": self.commitment_of(name).hex()}, ("observer", name))
        if self.plan_value["sources"]["public_draw"]:
            self.add("source", {"digits": "271828", "kind": "public-draw"}, ("observer", "o1"), ("observer", "o2"))
        own = [entry for entry in self.ledger.entries if entry["session"] == self.session]
        sources = [entry["body"]["digits"] for entry in own if entry["type"] == "source"]
        made = {entry["actor"]["id"]: entry["body"]["commitment"] for entry in own if entry["type"] == "commitment"}
        digits = sources[0] if sources else ""
        listed = [made.get(one["id"], "") for one in self.header_value["observers"]]
        self.closed = tagged("commits.closed", *(bytes.fromhex(one) for one in listed), digits.encode())
        self.digits = digits
        self.operator("commits.closed", {"commitments": listed, "digits": digits, "hash": self.closed.hex()})

    def groups(self) -> None:
        rows, hashes, frozen = [], [], [draw["frozen"] for draw in self.header_value["draws"]]
        for draw in self.header_value["draws"]:
            name = draw["id"]
            seed = tagged("grouping", self.header_hash, self.closed, name.encode())
            if draw["kind"] == "classes":
                value = canonical.decode(grouped(self.sealed[name], seed, self.header_value["bundlings"]))
            else:
                barred = canonical.decode(self.sealed[name])["constraints"]["barred"]
                late = draw["classes"] if draw["kind"] == "late" else None
                made = grouping.whole(name, draw["frozen"]["units"], self.header_value["bundlings"], late, barred)
                value = canonical.decode(encode(made))  # it shares its empty bundles, and a change alters one of them
            data = self.file(f"draws/{name}/groups.json", value)
            hashes.append(hashlib.sha256(data).digest())
            rows.append({"draw": name, "sha256": hashes[-1].hex(), "size": len(data)})
        self.groups_hash = tagged("groups", *hashes)
        self.operator("groups.fixed", {"groups": rows, "hash": self.groups_hash.hex()})
        body = {
            "commits_closed_hash": self.closed.hex(),
            "constraints_roots": [one["constraints_root"] for one in frozen],
            "groups_hash": self.groups_hash.hex(),
            "header_hash": self.header_hash.hex(),
            "nullifiers_roots": [one["nullifiers_root"] for one in frozen],
            "sealed_hashes": [one["sealed_hash"] for one in frozen],
        }
        self.add("groups.checked", body, ("recipient", "r1"))
        for name in (*self.openers, *self.silent):
            body = {"commits_closed_hash": self.closed.hex(), "groups_hash": self.groups_hash.hex()}
            self.add("attest.groups", body, ("observer", name))
        self.operator("reveals.opened", {"attested": [*self.openers, *self.silent]})

    def reveal(self) -> None:
        rows, fields = [], []
        for name in self.openers:
            contribution, salt = self.secrets(name)
            body = {"contribution": contribution.hex(), "salt": salt.hex()}
            hashes = {"commits_closed_hash": self.closed.hex(), "groups_hash": self.groups_hash.hex()}
            self.add("opening", dict(body, **hashes), ("observer", name))
            rows.append(dict(body, status="received"))
            fields += [contribution, salt]
        empty = {"contribution": "", "salt": ""}
        rows += [dict(empty, status="missing") for _ in self.silent]
        rows += [dict(empty, status="none") for _ in self.crew[len(rows) :]]
        fields += [b""] * (2 * len(self.crew) - len(fields))
        self.revealed = tagged("reveals.closed", *fields)
        self.operator("reveals.closed", {"hash": self.revealed.hex(), "openings": rows})
        for name in self.openers:
            self.add("attest.reveals", {"reveals_closed_hash": self.revealed.hex()}, ("observer", name))
        self.operator("coverage.closed", {"covered": list(self.openers)})

    def result(self) -> None:
        challenge = tagged("delay", self.header_hash, self.closed, self.groups_hash, self.revealed)
        delay = self.header_value["delay"]
        segments = copy.deepcopy(self.evaluate(challenge, delay["iterations"], delay["segments"]))
        self.file("delay.json", {"segments": segments, "version": VERSION})
        segments = canonical.decode(self.files["delay.json"])["segments"]
        self.operator("delay.done", {"segments": segments})
        hashes = (self.header_hash, self.closed, self.groups_hash, self.revealed)
        randomness = self.beacon()
        self.seed = tagged("seed", *hashes, bytes.fromhex(segments[-1]["y"]), randomness)
        self.operator("seed", {"seed": self.seed.hex()})
        rows = []
        for draw in self.header_value["draws"]:
            name, k = draw["id"], draw["classes"]
            sizes = [len(unit) for unit in canonical.decode(self.files[f"draws/{name}/units.json"])["units"]]
            groups = canonical.decode(self.files[f"draws/{name}/groups.json"])
            draw_seed = tagged("draw", self.seed, name.encode())
            if draw["kind"] == "late":
                before = next(one["sizes"] for one in self.plan_value["draws"] if one["id"] == name)
                outcome = allocation.place_late(draw_seed, groups, sizes, before)
            else:
                outcome = allocation.permute(draw_seed, groups, len(sizes), k)
            self.drawn[name] = list(outcome.classes)
            value = {
                "bundling": outcome.bundling,
                "classes": outcome.classes,
                "counts": allocation.counts_by_class(outcome.classes, sizes, k),
                "draw": name,
                "draw_seed": draw_seed.hex(),
                "forced": list(outcome.forced),
                "version": VERSION,
            }
            data = self.file(f"draws/{name}/result.json", value)
            rows.append({"draw": name, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)})
        self.operator("result", {"draws": rows})
        self.file("statement.json", {"draws": list(map(self.stated, self.header_value["draws"])), "version": VERSION})

    def stated(self, draw: Dict[str, Any]) -> Dict[str, Any]:
        """What the statement says of a draw (A23, A28)."""
        name, numbers, lines = draw["id"], [], []
        if draw["kind"] == "classes":
            groups = canonical.decode(self.files[f"draws/{name}/groups.json"])
            sealed = canonical.decode(self.sealed[name])
            lines = grouping.certificate(sealed, groups)
            placed = zip(self.drawn[name], sealed["units"])
            students = [(number, student["attributes"]) for number, unit in placed for student in unit]
            chosen = [one for one in self.plan_value["attributes"] if one["id"] in self.plan_value["balance"]]
            numbers = balance.compute(chosen, students, draw["classes"])
        return {"balance": numbers, "certificate": lines, "draw": name}

    def beacon(self) -> bytes:
        """The planned beacon's entry (C26), and sources.json; what it adds to the seed."""
        drand = self.header_value["sources"]["drand"]
        if drand:
            body = {"round": drand["round"], "signature": BEACONS[drand["round"]]}
            self.operator("beacon", body)
        made = [e["body"] for e in self.ledger.entries if (e["session"], e["type"]) == (self.session, "beacon")]
        value = {"beacon": made[0] if made else {}, "public_draw": self.digits, "version": VERSION}
        self.file("sources.json", value)
        return hashlib.sha256(bytes.fromhex(made[0]["signature"])).digest() if made else b""

    def publish(self) -> None:
        rows = [[path, hashlib.sha256(data).hexdigest(), len(data)] for path, data in sorted(self.files.items())]
        self.operator("published", {"files": len(rows), "files_hash": tagged("record", encode(rows)).hex()})

    # --- the record -----------------------------------------------------------------------------------------------

    def finish(self, phase: str) -> None:
        self.phase = phase
        size = len(self.ledger.lines)
        names = (*self.witnesses, (f"{ORIGIN}/{self.session}/o1", "o1"))
        self.files["ledger/checkpoints/%010d.note" % size] = self.ledger.note(size, names)
        self.files["ledger/checkpoints/%010d.note" % 5] = self.ledger.note(5)
        if phase == "result":
            self.cosign_coverage()
        self.write_ledger()
        self.reseal()

    def cosign_coverage(self) -> None:
        """C18: whoever attested the reveals cosigns the checkpoint that ends with coverage.closed."""
        own = [entry for entry in self.ledger.entries if entry["session"] == self.session]
        names = [entry["actor"]["id"] for entry in own if entry["type"] == "attest.reveals"]
        self.cosign(self.covered_size(), self.ledger.change("cosigners", names))

    def covered_size(self) -> int:
        """The number of entries up to coverage.closed."""
        types = [(entry["session"], entry["type"]) for entry in self.ledger.entries]
        return types.index((self.session, "coverage.closed")) + 1

    def cosign(self, size: int, names: List[str]) -> None:
        """A checkpoint of that size, cosigned by observers."""
        lines = tuple((f"{ORIGIN}/{self.session}/{name}", name) for name in names)
        self.files["ledger/checkpoints/%010d.note" % size] = self.ledger.note(size, lines)

    def write_ledger(self) -> None:
        self.files["ledger/entries.jsonl"] = b"".join(line + b"\n" for line in self.ledger.lines)

    def reseal(self) -> None:
        """RECORD.json over the files as they are now."""
        self.files.pop("RECORD.json", None)
        listed = [
            {"path": path, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
            for path, data in sorted(self.files.items())
        ]
        names = [path for path in self.files if path.endswith("units.json")]
        units = [unit for path in names for unit in canonical.decode(self.files[path])["units"]]
        value = {
            "counts": {
                "draws": len(names),
                "entries": len(self.ledger.lines),
                "observers": len(self.header_value["observers"]),
                "students": sum(map(len, units)),
                "units": len(units),
            },
            "files": listed,
            "phase": self.phase,
            "session": self.session,
            "version": VERSION,
        }
        self.files["RECORD.json"] = encode(self.ledger.change("file:RECORD.json", value))

    def trust(self) -> Dict[str, Any]:
        size = len(self.ledger.lines)
        return {
            "checkpoint": {"root": self.ledger.root().hex(), "size": size},
            "observers": [public("o2")],
            "operator": public(self.ledger.holder("operator")),
            "origin": ORIGIN,
            "version": VERSION,
            "witnesses": [{"key": public("w1"), "name": "witness.example"}],
            "witnesses_required": 1,
        }


def counted(constraints: Dict[str, Any]) -> Dict[str, Any]:
    """The numbers of the frozen summary (C4)."""
    numbers: Dict[str, Any] = {kind: len(value) for kind, value in constraints.items()}
    numbers["pins"] = dict(Counter(reason for _, _, reason in constraints["pins"]))
    return numbers


def _pair(student: Dict[str, Any]) -> List[str]:
    """Identity and attributes hash (R4)."""
    salt = bytes.fromhex(student["attributes_salt"])
    return [student["identity"], tagged("attributes", salt, encode(student["attributes"])).hex()]


def _leaf(student: Dict[str, Any]) -> str:
    return tagged("leaf", *map(bytes.fromhex, _pair(student))).hex()


def _unit_hash(unit: List[Dict[str, Any]]) -> bytes:
    return tagged("unit", *(bytes.fromhex(_leaf(student)) for student in unit))
