"""Policy and witnesses: who must cosign, and how that is got, over a network or on a stick (L17, L18)."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from ledger.checkpoint import parse_checkpoint
from ledger.entry import Entry
from ledger.note import ED25519, Note, SignatureLine, VerifierKey
from ledger.policy import Policy, PolicyError, parse_policy
from ledger.witness import (
    Answer,
    ForkFoundError,
    Transport,
    WitnessError,
    make_request,
    obtain,
    origin_hash,
    read_lines,
)
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.keyfile import Key
from verifiable_draw.room import Room

SECONDS = 20.0
MAX_ANSWER = 1 << 20


def log_vkey(room: Room) -> VerifierKey:
    """The ledger's own verifier key, as witnesses and readers are given it."""
    return VerifierKey(room.view.origin, ED25519, room.view.keys["operator", "operator"])


def publish_policy(room: Room, data: bytes, approver: Key) -> Entry:
    """Enter a tlog-policy file: the witnesses and how many of them must have cosigned."""
    try:
        lines = data.decode("utf-8").removesuffix("\n").split("\n")
        parse_policy(lines)
    except (UnicodeDecodeError, PolicyError) as error:
        raise DataError("policy.malformed", detail=str(error)) from error
    return room.operate("", "policy", {"lines": lines}, also=approver)


def policy_in_force(room: Room) -> Policy:
    """The policy in force; UsageError if there is none."""
    policy = room.view.ring.policy
    if policy is None:
        raise UsageError("policy.none")
    return policy


def policy_file(room: Room) -> bytes:
    """The policy for readers: the ledger's keys as log lines, then the lines in force (L17)."""
    keys = reversed(room.view.ring.operator_keys)
    logs = [f"log {VerifierKey(room.view.origin, ED25519, key)}" for key in keys]
    lines = room.view.ring.policy_lines or ["quorum none"]
    return "".join(f"{line}\n" for line in (*logs, *lines)).encode()


# Over a network


def http_transport(url: str, origin: str, seconds: float = SECONDS) -> Transport:
    """A witness at an http or https address, its submission prefix."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError("witness.url", url=url)
    connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    prefix = parts.path.rstrip("/")

    def ask(method: str, path: str, body: bytes | None) -> Answer:
        connection = connect(parts.hostname or "", parts.port, timeout=seconds)
        try:
            connection.request(method, prefix + path, body)
            response = connection.getresponse()
            return Answer(response.status, response.read(MAX_ANSWER), response.headers.get("Content-Type", ""))
        except (OSError, http.client.HTTPException) as error:
            raise WitnessError(f"{url}: {error}") from error
        finally:
            connection.close()

    def latest() -> str | None:
        answer = ask("GET", f"/{origin_hash(origin)}/checkpoint", None)
        return answer.body.decode("utf-8", "replace") if answer.status == 200 else None

    return Transport(lambda body: ask("POST", "/add-checkpoint", body), latest)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of asking one witness: new cosignatures, or why there are none."""

    name: str
    cosignatures: int
    problem: str = ""


def ask_all(room: Room, connect: Callable[[str, str], Transport] = http_transport) -> list[Outcome]:
    """Have the present checkpoint cosigned by every witness of the policy that has an address.

    A fork stops everything: the evidence is kept, and nothing more is signed until somebody has looked at it.
    """
    policy = policy_in_force(room)
    note = room.checkpoint()
    outcomes = []
    # A witness with an Ed25519 and a post-quantum key stands in two lines, and is asked once.
    asked = {(policy.urls[name], key.name): name for name, key in policy.witnesses.items() if name in policy.urls}
    for (url, key_name), name in asked.items():
        try:
            old = room.store.last_cosigned(key_name)
            known = [key for key in room.view.ring.cosigners() if key.name == key_name]
            transport = connect(url, room.view.origin)
            lines = obtain(note, room.store.nodes, old, known, room.view.ring.operator_keys, transport)
            outcomes.append(Outcome(name, _take(room, note, lines)))
        except ForkFoundError as error:
            path = room.keep_evidence(name, error.fork)
            raise DataError("witness.fork", name=name, path=str(path)) from error
        except WitnessError as error:
            outcomes.append(Outcome(name, 0, str(error)))
    if not outcomes:
        raise UsageError("witness.no_address")
    return outcomes


def _take(room: Room, note: Note, lines: Sequence[SignatureLine]) -> int:
    size = parse_checkpoint(note.text).size
    return sum(room.cosignature(size, line, room.view.ring.cosigners()) for line in lines)


# On a stick


def request_file(room: Room, old: int | None = None) -> bytes:
    """The request for the present checkpoint, for a witness that is not on the network.

    `old`: what the witness cosigned last; by default the largest checkpoint that any witness of the policy cosigned.
    """
    note = room.checkpoint()
    if old is None:
        old = max((room.store.last_cosigned(key.name) for key in policy_in_force(room).witnesses.values()), default=0)
    if old > parse_checkpoint(note.text).size:
        raise UsageError("witness.ahead", size=old)
    return make_request(note, room.store.nodes, old).encode()


def take_answer(room: Room, body: bytes) -> int:
    """Store the cosignatures that a witness gave for a checkpoint of ours; returns how many are new."""
    known = room.view.ring.cosigners()
    problem = ""
    # The answer does not say which checkpoint it is of; it is nearly always the last.
    for note in reversed(list(room.store.notes())):
        try:
            return _take(room, note, read_lines(body, note, known))
        except WitnessError as error:
            problem = problem or str(error)
    raise DataError("witness.answer", detail=problem)
