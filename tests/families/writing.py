"""A bureau's folder for families, written from the specification alone (R4, R12-R15, L7-L10, L16, L17).

Nothing here comes from the packages under test. `Folder.files()` gives every file; a lie is told by changing a member
before, or a file afterwards. People are generated.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any

import nacl.signing
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

VERSION = "verifiable-draw/v1"
ORIGIN = "draw.county.example/ledger"
SESSION = "2026-autumn"
MOMENT = 1_787_600_000  # POSIX seconds of the cosignatures: 2026-08-25 03:33:20 in China
DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ZEROS = "00" * 32
WITNESSES = ("witness.univ.example", "witness.press.example")
PHASES = ("frozen", "result")


def encode(value: Any) -> bytes:
    """E2."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def h(use: str, *fields: bytes) -> bytes:
    """E10."""
    framed = b"".join(len(one).to_bytes(8, "big") + one for one in fields)
    return hashlib.sha256(f"{VERSION}/{use}".encode() + framed).digest()


def fresh(*names: Any) -> bytes:
    """32 bytes that look random and are the same in every run."""
    return hashlib.sha256(repr(names).encode()).digest()


def root_of(leaves: list[bytes]) -> bytes:
    """L7."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root_of(leaves[:split]) + root_of(leaves[split:])).digest()


def path_of(index: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962, 2.1.1: from the leaf's sibling upwards."""
    if len(leaves) == 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if index < split:
        return [*path_of(index, leaves[:split]), root_of(leaves[split:])]
    return [*path_of(index - split, leaves[split:]), root_of(leaves[:split])]


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\0" + data).digest()


def short_code(data: bytes) -> str:
    """E11."""
    number = int.from_bytes(data[:10], "big")
    text = "".join(DIGITS[number >> (75 - 5 * i) & 31] for i in range(16))
    return "-".join(text[i : i + 4] for i in range(0, 16, 4))


# --- keys and notes -----------------------------------------------------------------------------------------------


@functools.cache
def key(name: str) -> nacl.signing.SigningKey:
    return nacl.signing.SigningKey(fresh("key", name))


def public(name: str) -> bytes:
    return bytes(key(name).verify_key)


def key_id(name: str, who: str, kind: int) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public(who)).digest()[:4]


def vkey(name: str, who: str, kind: int) -> str:
    """L17."""
    return f"{name}+{key_id(name, who, kind).hex()}+{base64.b64encode(bytes([kind]) + public(who)).decode()}"


def _line(name: str, who: str, kind: int, signature: bytes) -> str:
    return f"\u2014 {name} {base64.b64encode(key_id(name, who, kind) + signature).decode()}\n"


# --- people -------------------------------------------------------------------------------------------------------


@dataclass
class Student:
    """One child and what its family holds."""

    name: str
    number: str
    document: str
    attributes: dict[str, str]
    secret: bytes
    second: bytes
    draw: str
    # where it came to stand
    unit: int = -1
    member: int = -1
    pair: tuple[str, str] = ("", "")
    nullifier: str = ""

    @property
    def lines(self) -> list[str]:
        """Of both papers (R12)."""
        data = self.secret + self.second
        parts = [data[8 * i : 8 * i + 8] for i in range(4)]
        return [short_code(part + h("slip-line", i.to_bytes(8, "big"), part)[:2]) for i, part in enumerate(parts)]

    def link(self, *, both: bool = False) -> str:
        return "#slip=" + "".join(self.lines[: 4 if both else 2]).replace("-", "") + "&draw=" + self.draw

    @property
    def pseudonym(self) -> str:
        return short_code(h("slip-pseudonym", self.secret))


def students(draw: str, number: int, *, divided: bool = True) -> list[Student]:
    return [
        Student(
            name=f"测试{chr(0x4E00 + i)}{draw}",
            number=f"99010120200101{i:04d}",
            document="1",
            attributes={"sex": "12"[i % 2], "ethnicity": ("01", "11")[i % 3 == 0]} if divided else {},
            secret=fresh("secret", draw, i)[:16],
            second=fresh("second", draw, i)[:16],
            draw=draw,
        )
        for i in range(number)
    ]


def planned_draw(name: str, **values: Any) -> dict[str, Any]:
    row = {
        "batch": 1, "caps": [], "class_names": ["一班", "二班", "三班"], "classes": 3, "grade": 1, "id": name,
        "kind": "classes", "most": 0, "school": "1234567890", "school_name": "示范县阳光小学", "sizes": [], "take": 0,
    }  # fmt: skip
    return {**row, **values}


def default_plan() -> dict[str, Any]:
    return {
        "attributes": [
            {"free": [], "id": "sex", "merged": [], "values": ["1", "2"]},
            {"free": [], "id": "ethnicity", "merged": [], "values": ["01", "11", "其他"]},
        ],
        "balance": ["sex"],
        "bundlings": 16,
        "bureau": "示范县教育局",
        "contact": {"email": "fenban@county.example", "phone": "0571-8888 0000", "site": "https://draw.county.example/"},
        "crossed": [],
        "date": "2026-08-25",
        "delay": {"bits": 1024, "iterations": 16000, "kind": "chiavdf-wesolowski", "segments": 16},
        "draws": [
            planned_draw("d1"),
            planned_draw("d2", kind="late", class_names=[], sizes=[40, 40, 41], school="1234567891", grade=7,
                         school_name="示范县第二初级中学"),
        ],
        "origin": ORIGIN,
        "pins": [],
        "quorum": {"covered": 1, "roles": {}},
        "recipients": [
            {"id": f"r{i}", "name": "保管方", "sealing_key": fresh("seal", i).hex(), "signing_key": public(f"r{i}").hex()}
            for i in (1, 2)
        ],
        "rehearsal": False,
        "retention_years": 6,
        "same_names": "apart",
        "screen": {"names": "none"},
        "session": SESSION,
        "software": {"page": "", "source": "", "verifier": "", "version": ""},
        "sources": {"drand": {}, "public_draw": {}},
        "title": "示范县 2026 年秋季新生分班",
        "version": VERSION,
        "windows": {"attest": 60, "commit": 60, "reveal": 1, "roster_to_header": 30},
        "year": 2026,
        "year_key": ZEROS,
    }  # fmt: skip


# --- the folder ---------------------------------------------------------------------------------------------------


@dataclass
class Folder:
    """What a bureau publishes of one session for families."""

    plan: dict[str, Any] = field(default_factory=default_plan)
    phase: str = "result"
    number: int = 40  # students of every draw
    witnesses: tuple[str, ...] = WITNESSES
    quorum: str = "both"
    log: str = "operator"  # who signs the checkpoints
    lines: list[bytes] = field(default_factory=list)
    people: list[Student] = field(default_factory=list)

    def __post_init__(self) -> None:
        for draw in self.plan["draws"]:
            self.people += students(draw["id"], self.number, divided=draw["kind"] == "classes")

    def files(self) -> dict[str, bytes]:
        """Every file by its path below the session's folder (R14, R15)."""
        self.lines = []
        out = {"plan.json": encode(self.plan), "policy": self._policy()}
        self._add("genesis", self._genesis(), session="")
        seqs: dict[str, Any] = {"plan": self._add("plan", {"hash": h("plan", out["plan.json"]).hex(), "size": len(out["plan.json"])})}
        frozen = []
        for draw in self.plan["draws"]:
            path = f"draws/{draw['id']}/units.json"
            out[path], body = self._units(draw)
            frozen.append({"draw": draw["id"], "frozen": self._add("roster.frozen", body)})
        seqs |= {"result": -1, "header": -1}
        drawn: dict[str, list[int]] = {}
        if self.phase == "result":
            out["header.json"] = encode(self._header(out["plan.json"], frozen))
            seqs["header"] = self._add("header", self.header_body(out["header.json"]))
            rows = []
            for draw in self.plan["draws"]:
                path, name = f"draws/{draw['id']}/result.json", draw["id"]
                drawn[name], out[path] = self._result(draw)
                rows.append({"draw": name, "sha256": hashlib.sha256(out[path]).hexdigest(), "size": len(out[path])})
            seqs["result"] = self._add("result", {"draws": rows})
        self._add("register", {"schools": [], "year": 2027}, session="")
        for phase in PHASES[: PHASES.index(self.phase) + 1]:
            for row in frozen:
                rows = sorted(self.envelope(one, phase, drawn) for one in self.of(row["draw"]))
                out[f"envelopes/{phase}/{row['draw']}.json"] = encode({"envelopes": rows})
        for seq in {seqs["plan"], *(row["frozen"] for row in frozen), seqs["header"], seqs["result"]} - {-1}:
            out[f"proofs/{seq}.json"] = self.lines[seq]
            out[f"proofs/{seq}.tlog-proof"] = self.proof(seq)
        directory = {"aborted": False, "annulled": [], "draws": frozen, "session": SESSION, "version": VERSION, **seqs}
        return {**out, "slips.json": encode(directory)}

    # --- ledger ---------------------------------------------------------------------------------------------------

    def _add(self, kind: str, body: dict[str, Any], session: str = SESSION) -> int:
        sig = {"id": "operator", "key": public("operator").hex(), "role": "operator", "root": ZEROS, "sig": "00" * 64, "size": 0}
        entry = {
            "actor": {"id": "operator", "role": "operator"}, "body": body,
            "prev": leaf_hash(self.lines[-1]).hex() if self.lines else ZEROS, "seq": len(self.lines), "session": session,
            "sig": [sig], "time": "2026-08-24T16:00:00Z", "type": kind,
        }  # fmt: skip
        self.lines.append(encode(entry))
        return len(self.lines) - 1

    def _genesis(self) -> dict[str, Any]:
        keys = [{"id": one, "key": public(one).hex(), "role": one} for one in ("operator", "approver", "recovery")]
        return {"bureau": self.plan["bureau"], "keys": keys, "origin": ORIGIN, "predecessor": {}, "version": VERSION}

    def _header(self, plan: bytes, frozen: list[dict[str, Any]]) -> dict[str, Any]:
        """C6."""
        same = ("version", "origin", "bureau", "session", "title", "date", "year", "rehearsal", "bundlings", "quorum",
                "windows", "delay", "sources", "software", "year_key")  # fmt: skip
        draws = [
            {name: draw[name] for name in ("id", "kind", "school", "grade", "batch")}
            | {"attempt": 1, "classes": draw["classes"] or self.number, "frozen": json.loads(self.lines[row["frozen"]])["body"]}
            for draw, row in zip(self.plan["draws"], frozen, strict=True)
        ]
        observers = [{"client": "command-line", "id": "b1", "key": public("b1").hex(), "role": "bureau"}]
        return {name: self.plan[name] for name in same} | {"draws": draws, "observers": observers, "plan": h("plan", plan).hex()}

    def header_body(self, data: bytes) -> dict[str, Any]:
        """L6."""
        header = json.loads(data)
        kept = ("attempt", "batch", "grade", "id", "kind", "school")
        draws = [{name: draw[name] for name in kept} for draw in header["draws"]]
        return {"draws": draws, "hash": h("header", data).hex(), "rehearsal": header["rehearsal"], "size": len(data), "year": header["year"]}

    def _policy(self) -> bytes:
        rows = ["# for readers", f"log {vkey(ORIGIN, 'operator', 1)} https://draw.county.example/ledger/"]
        rows += [f"witness w{i} {vkey(name, name, 4)}" for i, name in enumerate(WITNESSES)]
        rows += ["group both all w0 w1", f"quorum {self.quorum}"]
        return "".join(row + "\n" for row in rows).encode()

    def note(self, size: int | None = None) -> bytes:
        """The checkpoint of all entries, cosigned by the witnesses."""
        leaves = list(map(leaf_hash, self.lines[:size]))
        text = f"{ORIGIN}\n{len(leaves)}\n{base64.b64encode(root_of(leaves)).decode()}\n"
        rows = [_line(ORIGIN, self.log, 1, key(self.log).sign(text.encode()).signature)]
        for i, name in enumerate(self.witnesses):
            moment = MOMENT + 60 * i
            signature = key(name).sign(f"cosignature/v1\ntime {moment}\n{text}".encode()).signature
            rows.append(_line(name, name, 4, moment.to_bytes(8, "big") + signature))
        return (text + "\n" + "".join(rows)).encode()

    def proof(self, seq: int, size: int | None = None) -> bytes:
        """L16."""
        leaves = list(map(leaf_hash, self.lines[:size]))
        hashes = "".join(base64.b64encode(one).decode() + "\n" for one in path_of(seq, leaves))
        return f"c2sp.org/tlog-proof@v1\nindex {seq}\n{hashes}\n".encode() + self.note(size)

    # --- rosters and results --------------------------------------------------------------------------------------

    def of(self, draw: str) -> list[Student]:
        return [one for one in self.people if one.draw == draw]

    def _pair(self, one: Student, draw: dict[str, Any]) -> tuple[str, str]:
        """R4 with the salts of R12."""
        number = h("nullifier", one.document.encode(), one.number.encode())
        one.nullifier = hmac.new(fresh("year"), number, hashlib.sha256).hexdigest()
        part = {
            "document_number": one.number, "document_type": one.document, "grade": draw["grade"], "name": one.name,
            "nullifier": one.nullifier, "school": draw["school"], "year": self.plan["year"],
        }  # fmt: skip
        identity = h("identity", h("slip-identity", one.secret), encode(part))
        attributes = h("attributes", h("slip-attributes", one.secret, one.second), encode(one.attributes))
        return identity.hex(), attributes.hex()

    def _units(self, draw: dict[str, Any]) -> tuple[bytes, dict[str, Any]]:
        """units.json and the frozen summary; the first two students are twins."""
        people = self.of(draw["id"])
        for one in people:
            one.pair = self._pair(one, draw)
        units = [people[:2], *([one] for one in people[2:])]
        for unit in units:
            unit.sort(key=_leaf)
        units.sort(key=_unit)
        for index, unit in enumerate(units):
            for member, one in enumerate(unit):
                one.unit, one.member = index, member
        pairs = [[list(one.pair) for one in unit] for unit in units]
        body = {
            "blocks": 1, "constraints": {"apart": 0, "barred": 0, "caps": 0, "pins": {}, "together": 1},
            "constraints_root": ZEROS, "draw": draw["id"], "nullifiers_root": ZEROS, "remainder": 0,
            "roster_root": root_of([leaf_hash(_unit(unit)) for unit in units]).hex(), "sealed_hash": ZEROS,
            "students": len(people), "submission": ZEROS, "unit_sizes": [[1, len(units) - 1], [2, 1]],
            "units": len(units),
        }  # fmt: skip
        return encode({"draw": draw["id"], "units": pairs}), body

    def _result(self, draw: dict[str, Any]) -> tuple[list[int], bytes]:
        units = 1 + max(one.unit for one in self.of(draw["id"]))
        classes = [1 + unit % (draw["classes"] or units) for unit in range(units)]
        value = {
            "bundling": 0, "classes": classes, "counts": [0] * (draw["classes"] or units), "draw": draw["id"],
            "draw_seed": ZEROS, "forced": [], "version": VERSION,
        }  # fmt: skip
        return classes, encode(value)

    # --- envelopes ------------------------------------------------------------------------------------------------

    def envelope(self, one: Student, phase: str, drawn: dict[str, list[int]], **lies: Any) -> list[str]:
        """R13."""
        number = drawn[one.draw][one.unit] if phase == "result" else 0
        content = {"class": number, "draw": one.draw, "member": one.member, "nullifier": one.nullifier, "unit": one.unit}
        plain = encode({**content, **lies}).ljust(192, b"\n")
        address, own = (h(use, one.secret, phase.encode()) for use in ("slip-address", "slip-key"))
        nonce = h("slip-nonce", own, plain)[:12]
        return [address.hex(), (nonce + ChaCha20Poly1305(own).encrypt(nonce, plain, address)).hex()]


def _leaf(one: Student) -> bytes:
    return h("leaf", *map(bytes.fromhex, one.pair))


def _unit(unit: list[Student]) -> bytes:
    return h("unit", *map(_leaf, unit))
