"""The smallest record that the rules allow, with everything a reader may hold beside it.

One draw, two classes, six children (twins among them), four observers all of whom are needed, 16 bundlings. With a
policy there are an Ed25519 and a post-quantum witness, a timestamp and an operator's key that was changed.
"""

from __future__ import annotations

import copy
import functools
import io
import pathlib
import struct
import zlib
from typing import Any, Dict, List, Optional, Tuple

import builder
from builder import ORIGIN, SESSION, Builder, Change, fresh, public
from verifier import canonical, ledger, mldsa
from verifier.canonical import VERSION, encode, tagged

SCHOOL = "1234567890"
OTHER_SESSION = "2026-spring"
OBSERVERS = [
    {"client": "bureau-page", "id": "b1", "role": "bureau"},
    {"client": "own-program", "id": "o1", "role": "parent"},
    {"client": "command-line", "id": "o2", "role": "notary"},
    {"client": "kiosk", "id": "o3", "role": "congress"},
]
EVERYBODY = tuple(str(one["id"]) for one in OBSERVERS)
CHILDREN = 6  # the first two are twins
COPIES = {"SPEC.md": b"# what the rules are\n", "verify.html": b"<!doctype html>\n", "verify.pyz": b"PK no program\n"}


def _operator(kind: str, name: str) -> Dict[str, str]:
    return {"id": name, "key": public(name), "role": kind}


@functools.cache
def known_signatures() -> List[bytes]:
    """ML-DSA-44 signatures of an earlier run: a new one is another every time, and these tests are always the same."""
    return [
        bytes.fromhex(line) for line in pathlib.Path(__file__).with_name("post_quantum.txt").read_text("ascii").split()
    ]


class KnownLedger(builder.Ledger):
    @staticmethod
    def post_quantum(who: str, message: bytes) -> bytes:
        for signature in known_signatures():
            if mldsa.verify(builder.pq_public(who), message, signature):
                return signature
        made = builder.post_quantum(who, message)
        known_signatures().append(made)
        return made


class Small(Builder):
    ledger_class = KnownLedger

    def __init__(
        self,
        changes: Optional[Dict[str, Change]] = None,
        session: str = SESSION,
        *,
        with_policy: bool = False,
        draw: str = "d01",
        texts: Optional[Dict[str, str]] = None,
    ) -> None:
        """`texts`: what stands for values of attributes."""
        super().__init__(changes)
        self.session = session
        self.with_policy = with_policy
        self.draw = draw
        self.texts = texts or {}

    # --- the steps that the builder makes larger ------------------------------------------------------------------

    def open_ledger(self) -> None:
        keys = [_operator(role, role) for role in ("operator", "approver", "recovery")]
        body = {"bureau": "示范教育局", "keys": keys, "origin": ORIGIN, "predecessor": {}, "version": VERSION}
        self.operator("genesis", body, session="")
        self.add_school(SCHOOL, SCHOOL)
        schools = [{"classes": 2, "grade": 1, "name": "阳光小学", "school": SCHOOL}]
        self.operator("register", {"schools": schools, "year": 2026}, session="")
        if self.with_policy:
            self.policy()
            self.timestamp()
            self.rotate("operator", "operator 2")

    def plan(self) -> None:
        plan = builder.default_plan()
        caps = [{"attribute": "migrant", "max": 2, "value": self.texts.get("yes", "yes")}]
        plan.update(draws=[dict(plan["draws"][0], classes=2, caps=caps, id=self.draw)], session=self.session)
        for attribute in plan["attributes"]:
            attribute["values"] = [self.texts.get(value, value) for value in attribute["values"]]
        data = self.file("plan.json", plan)
        self.plan_value = canonical.decode(data)
        self.operator("plan", {"hash": tagged("plan", data).hex(), "size": len(data)})

    def freeze(self, draw: Dict[str, Any]) -> Dict[str, Any]:
        name, k = draw["id"], draw["classes"]
        children = [child(self.session, i, self.texts) for i in range(CHILDREN)]
        units = [children[:2]] + [[one] for one in children[2:]]
        for unit in units:
            unit.sort(key=builder._leaf)
        units.sort(key=builder._unit_hash)
        twins = next(index for index, unit in enumerate(units) if len(unit) > 1)
        apart = [index for index in range(len(units)) if index != twins][:2]
        constraints = {"apart": [apart], "barred": [], "caps": draw["caps"], "pins": [], "together": [twins]}
        sealed = {
            "attributes": self.plan_value["attributes"],
            "caps": draw["caps"],
            "classes": k,
            "constraints": constraints,
            "constraints_salt": fresh("constraints", name).hex(),
            "crossed": self.plan_value["crossed"],
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
        units = sealed["units"]
        self.file(f"draws/{name}/units.json", {"draw": name, "units": [[builder._pair(c) for c in u] for u in units]})
        numbers = sorted(one["nullifier"] for unit in units for one in unit)
        nullifiers = self.file(f"draws/{name}/nullifiers.json", {"draw": name, "nullifiers": numbers})
        blocks = self.blocks(sealed)
        salt = bytes.fromhex(sealed["constraints_salt"])
        return {
            "blocks": blocks,
            "constraints": builder.counted(constraints),
            "constraints_root": tagged("constraints", salt, encode(constraints)).hex(),
            "draw": name,
            "nullifiers_root": tagged("nullifiers", nullifiers).hex(),
            "remainder": len(units) - k * blocks,
            "roster_root": ledger.tree_root([ledger.leaf_hash(builder._unit_hash(unit)) for unit in units]).hex(),
            "sealed_hash": tagged("sealed-roster", self.sealed[name]).hex(),
            "students": CHILDREN,
            "submission": fresh("submission", name).hex(),
            "unit_sizes": [[1, CHILDREN - 2], [2, 1]],
            "units": len(units),
        }

    def enrol(self) -> None:
        self.ledger.clock += 60
        self.observers = [dict(one, key=public(str(one["id"]))) for one in OBSERVERS]
        for one in self.observers:
            self.operator("observer.enrolled", one)

    def commit(self) -> None:
        for name in EVERYBODY:
            self.add("commitment", {"commitment": self.commitment_of(name).hex()}, ("observer", name))
        digits = "271828"
        self.add("source", {"digits": digits, "kind": "public-draw"}, ("observer", "o1"), ("observer", "o2"))
        made = [entry["body"]["commitment"] for entry in self.own("commitment")]
        self.closed = tagged("commits.closed", *map(bytes.fromhex, made), digits.encode())
        self.digits = digits
        self.operator("commits.closed", {"commitments": made, "digits": digits, "hash": self.closed.hex()})

    def own(self, kind: str) -> List[Dict[str, Any]]:
        return [one for one in self.ledger.entries if (one["session"], one["type"]) == (self.session, kind)]

    def groups(self) -> None:
        draw = self.header_value["draws"][0]
        name, frozen = draw["id"], draw["frozen"]
        seed = tagged("grouping", self.header_hash, self.closed, name.encode())
        value = canonical.decode(builder.grouped(self.sealed[name], seed, self.header_value["bundlings"]))
        data = self.file(f"draws/{name}/groups.json", value)
        row = {"draw": name, "sha256": builder.hashlib.sha256(data).hexdigest(), "size": len(data)}
        self.groups_hash = tagged("groups", bytes.fromhex(row["sha256"]))
        self.operator("groups.fixed", {"groups": [row], "hash": self.groups_hash.hex()})
        hashes = {"commits_closed_hash": self.closed.hex(), "groups_hash": self.groups_hash.hex()}
        checked = {
            "constraints_roots": [frozen["constraints_root"]],
            "header_hash": self.header_hash.hex(),
            "nullifiers_roots": [frozen["nullifiers_root"]],
            "sealed_hashes": [frozen["sealed_hash"]],
        }
        self.add("groups.checked", {**hashes, **checked}, ("recipient", "r1"))
        for who in EVERYBODY:
            self.add("attest.groups", hashes, ("observer", who))
        self.operator("reveals.opened", {"attested": list(EVERYBODY)})

    def reveal(self) -> None:
        rows = []
        hashes = {"commits_closed_hash": self.closed.hex(), "groups_hash": self.groups_hash.hex()}
        for name in EVERYBODY:
            contribution, salt = self.secrets(name)
            body = {"contribution": contribution.hex(), "salt": salt.hex()}
            self.add("opening", {**body, **hashes}, ("observer", name))
            rows.append(dict(body, status="received"))
        fields = [bytes.fromhex(row[part]) for row in rows for part in ("contribution", "salt")]
        self.revealed = tagged("reveals.closed", *fields)
        self.operator("reveals.closed", {"hash": self.revealed.hex(), "openings": rows})
        for name in EVERYBODY:
            self.add("attest.reveals", {"reveals_closed_hash": self.revealed.hex()}, ("observer", name))
        self.operator("coverage.closed", {"covered": list(EVERYBODY)})

    def publish(self) -> None:
        self.files.update(COPIES)
        super().publish()

    # --- what is beside the record --------------------------------------------------------------------------------

    def slip(self, number: int = 2) -> bytes:
        """The slip of a child, with the second code (R11)."""
        secret, second = codes(self.session, number)
        return encode(
            {
                **person(number),
                "second": second.hex(),
                "secret": secret.hex(),
                "session": self.session,
                "version": VERSION,
            }
        )


def codes(session: str, number: int) -> Tuple[bytes, bytes]:
    """What a family's two papers hold (R12)."""
    return fresh("secret", session, number)[:16], fresh("second", session, number)[:16]


def person(number: int) -> Dict[str, str]:
    return {"document_number": "1101012019%08d" % number, "document_type": "1", "name": "王小明"}


def child(session: str, number: int, texts: Dict[str, str]) -> Dict[str, Any]:
    """A row of the sealed roster whose identity can be opened."""
    migrant, sex = ["no", "yes"][number % 3 == 0], ["女", "男"][number % 2]
    nullifier = fresh("nullifier", session, number).hex()
    secret, second = codes(session, number)
    identity = {**person(number), "grade": 1, "nullifier": nullifier, "school": SCHOOL, "year": 2026}
    return {
        "attributes": {"migrant": texts.get(migrant, migrant), "sex": texts.get(sex, sex)},
        "attributes_salt": tagged("slip-attributes", secret, second).hex(),
        "identity": tagged("identity", tagged("slip-identity", secret), encode(identity)).hex(),
        "nullifier": nullifier,
    }


@functools.cache
def _built(until: str, session: str, with_policy: bool) -> Small:
    made = Small(session=session, with_policy=with_policy)
    made.build(until)
    return made


def small(until: str = "published", session: str = SESSION, *, with_policy: bool = False) -> Small:
    """A good record of one's own."""
    return copy.deepcopy(_built(until, session, with_policy))


# --- zip (R3) -----------------------------------------------------------------------------------------------------


def as_zip(files: Dict[str, bytes]) -> bytes:
    """The only zip of these files."""
    out, directory = io.BytesIO(), io.BytesIO()
    for path, data in sorted(files.items()):
        name, offset = path.encode(), out.tell()
        common = struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, 33, zlib.crc32(data), len(data), len(data), len(name), 0)
        out.write(b"PK\3\4" + common + name + data)
        directory.write(b"PK\1\2" + struct.pack("<H", 3 << 8 | 20) + common)
        directory.write(struct.pack("<HHHII", 0, 0, 0, 0o100644 << 16, offset) + name)
    start, size = out.tell(), directory.tell()
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, len(files), len(files), size, start, 0)
    return out.getvalue() + directory.getvalue() + end


def reseal(files: Dict[str, bytes]) -> None:
    """RECORD.json's list made anew over the files as they are, as a forger would."""
    rows = [
        {"path": path, "sha256": builder.hashlib.sha256(data).hexdigest(), "size": len(data)}
        for path, data in sorted(files.items())
        if path != "RECORD.json"
    ]
    files["RECORD.json"] = encode({**canonical.decode(files["RECORD.json"]), "files": rows})
