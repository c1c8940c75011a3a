"""Policy and witnesses: who must cosign, and how that is got, over a network or on a stick (L17, L18)."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from ledger.checkpoint import parse_checkpoint
from ledger.entry import Entry
from ledger.note import ED25519, Note, NoteError, SignatureLine, VerifierKey, parse_note
from ledger.policy import Policy, PolicyError, parse_policy
from ledger.witness import (
    Answer,
    ForkFoundError,
    Transport,
    WitnessAheadError,
    WitnessError,
    make_request,
    obtain,
    origin_hash,
    read_lines,
)
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.keyfile import Key
from verifiable_draw.replay import View
from verifiable_draw.room import Room

SECONDS = 20.0
MAX_ANSWER = 1 << 20


def log_vkey(room: Room) -> VerifierKey:
    """The ledger's own verifier key, as witnesses and readers are given it."""
    return vkey_of(room.view)


def vkey_of(view: View) -> VerifierKey:
    """The verifier key of a ledger as it stands in a view."""
    if not view.size:
        raise UsageError("step.genesis_first")
    return VerifierKey(view.origin, ED25519, view.keys["operator", "operator"])


def publish_policy(room: Room, data: bytes, approver: Key) -> Entry:
    """Enter a tlog-policy file: the witnesses and how many of them must have cosigned."""
    try:
        # Tabs separate as spaces do, and have no place in an entry (E3); Windows writes lines with CR and a mark.
        text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\t", " ")
        lines = text.removesuffix("\n").split("\n")
        for url in parse_policy(lines).urls.values():
            _address(url)
    except (UnicodeDecodeError, PolicyError) as error:
        raise DataError("policy.malformed", detail=str(error)) from error
    if tuple(lines) == room.view.ring.policy_lines:
        raise UsageError("policy.same")
    return room.operate("", "policy", {"lines": lines}, also=approver)


def policy_in_force(room: Room) -> Policy:
    """The policy in force; UsageError if there is none."""
    policy = room.view.ring.policy
    if policy is None:
        raise UsageError("policy.none")
    return policy


def policy_file(room: Room, at: View | None = None) -> bytes:
    """The policy for readers: the ledger's key in force as its log line, then the lines in force (L17).

    `at`: the ledger as it was at an earlier size.
    """
    view = at or room.view
    lines = view.ring.policy_lines or ["quorum none"]
    return "".join(f"{line}\n" for line in (f"log {vkey_of(view)}", *lines)).encode()


# Over a network


def _address(url: str) -> tuple[str, str, int | None, str]:
    """Scheme, host, port and path of a witness's address; UsageError if it cannot be one."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
        prefix = parts.path.rstrip("/").encode("ascii").decode()
    except ValueError as error:
        raise UsageError("witness.url", url=url) from error
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError("witness.url", url=url)
    return parts.scheme, host, port, prefix


def _body(response: http.client.HTTPResponse, until: float) -> bytes:
    """An answer's body, as far as it comes in time: whoever sends a byte a second is not waited for."""
    body = b""
    while len(body) < MAX_ANSWER:
        part = response.read1(64 * 1024)
        if not part:
            break
        body += part
        if time.monotonic() > until:
            raise TimeoutError("the answer takes too long")
    return body


def http_transport(url: str, origin: str, seconds: float = SECONDS) -> Transport:
    """A witness at an http or https address, its submission prefix."""
    scheme, host, port, prefix = _address(url)
    connect = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection

    def ask(method: str, path: str, body: bytes | None) -> Answer:
        connection = connect(host, port, timeout=seconds)
        until = time.monotonic() + seconds
        try:
            connection.request(method, prefix + path, body)
            response = connection.getresponse()
            return Answer(response.status, _body(response, until), response.headers.get("Content-Type", ""))
        except (OSError, http.client.HTTPException, ValueError) as error:
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
            lines = obtain(note, room.store.nodes, old, known, room.view.ring.operator_at, transport)
            outcomes.append(Outcome(name, _take(room, note, lines)))
        except ForkFoundError as error:
            raise DataError("witness.fork", name=name, path=str(room.keep_evidence(error.fork))) from error
        except WitnessAheadError as error:
            # We signed more than we hold: remembered, so that nothing is signed until it is back (L22).
            room.remember(error.note)
            raise UsageError("witness.ahead", size=error.size) from error
        except (WitnessError, UsageError) as error:
            outcomes.append(Outcome(name, 0, str(error)))
    if not outcomes:
        raise UsageError("witness.no_address")
    return outcomes


def _take(room: Room, note: Note, lines: Sequence[SignatureLine]) -> int:
    size = parse_checkpoint(note.text).size
    return sum(room.cosignature(size, line, room.view.ring.cosigners()) for line in lines)


def latest_notes(room: Room, connect: Callable[[str, str], Transport] = http_transport) -> list[Note]:
    """The checkpoints of this ledger that the policy's witnesses with an address cosigned last, fetched from them."""
    found = []
    for url in dict.fromkeys(policy_in_force(room).urls.values()):
        try:
            latest = connect(url, room.view.origin).latest()
            if latest is not None:
                found.append(parse_note(latest))
        except (WitnessError, NoteError):
            continue
    return found


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
