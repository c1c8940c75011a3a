"""Our own witness: the tlog-witness endpoint over HTTP, and the folder it works in (spec/ledger.md L18).

```
witness.key   the witness's key (id is of no matter)    witness.db   what it has cosigned
name          the witness's key name                    logs         one vkey of a ledger a line
```
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from ledger.checkpoint import Checkpoint, cosign, cosign_ml_dsa, ml_dsa_public_key
from ledger.note import COSIGNATURE, ED25519, ML_DSA_44, NoteError, SignatureLine, VerifierKey, parse_vkey
from ledger.sqlite import StoreError
from ledger.witness import MAX_REQUEST, PLAIN, Answer, origin_hash
from ledger.witness_store import WitnessStore
from verifiable_draw import keyfile
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.files import read, write_durable
from verifiable_draw.keyfile import Key
from verifiable_draw.room import store_problem


class Witness:
    """A witness's folder, opened."""

    def __init__(self, folder: Path, key: Key, *, post_quantum: bool, clock: Callable[[], float] = time.time) -> None:
        self.folder = folder
        self.key = key
        self.post_quantum = post_quantum
        self.clock = clock
        self.name = read(folder / "name").decode().strip()
        try:
            self.store = WitnessStore.open(folder / "witness.db")
        except StoreError as error:
            raise UsageError("witness.db", path=str(folder / "witness.db"), detail=str(error)) from error

    @classmethod
    def create(cls, folder: Path, name: str, randomness: Callable[[int], bytes], passphrase: str) -> None:
        """Make a new witness. Its database and key belong together: if the database is lost, the witness ends.

        The key is made last; a run that was killed before it may be repeated.
        """
        try:
            parse_vkey(str(VerifierKey(name, ML_DSA_44, bytes(1312))))
        except NoteError as error:
            raise UsageError("witness.name", name=name) from error
        if (folder / "witness.key").exists():
            raise UsageError("key.exists", path=str(folder / "witness.key"))
        folder.mkdir(parents=True, exist_ok=True)
        write_durable(folder / "name", f"{name}\n".encode())
        write_durable(folder / "logs", b"")
        try:
            # Without a key it has cosigned nothing: what lies there is left by a run that was killed.
            for path in folder.glob("witness.db*"):
                path.unlink()
            WitnessStore.create(folder / "witness.db").close()
        except StoreError as error:
            raise store_problem(error) from error
        keyfile.create(folder / "witness.key", "witness", "witness", randomness, passphrase)

    @classmethod
    def open(cls, folder: Path, *, post_quantum: bool = True) -> Witness:
        """Open a witness's folder."""
        return cls(folder, keyfile.load(folder / "witness.key"), post_quantum=post_quantum)

    @property
    def vkeys(self) -> list[VerifierKey]:
        """Its verifier keys, for policies."""
        keys = [VerifierKey(self.name, COSIGNATURE, self.key.public)]
        if self.post_quantum:
            keys.append(VerifierKey(self.name, ML_DSA_44, ml_dsa_public_key(self.key.ml_dsa_seed)))
        return keys

    def logs(self) -> dict[str, list[bytes]]:
        """Keys of the ledgers it cosigns, by origin; read anew each time, so that one can be added while it runs."""
        found: dict[str, list[bytes]] = {}
        for line in read(self.folder / "logs").decode().split("\n"):
            if line:
                try:
                    key = parse_vkey(line)
                except NoteError as error:
                    raise DataError("witness.logs", path=str(self.folder / "logs")) from error
                found.setdefault(key.name, []).append(key.key)
        return found

    def add_log(self, vkey: str, *, keep: bool = False) -> None:
        """Trust a ledger; a key takes the place of the one before (L12), unless `keep` says to trust both."""
        try:
            key = parse_vkey(vkey)
        except NoteError as error:
            raise DataError("witness.vkey", detail=str(error)) from error
        if key.kind != ED25519:
            raise DataError("witness.vkey", detail="type")
        lines = [line for line in read(self.folder / "logs").decode().split("\n") if line]
        others = [line for line in lines if line != str(key) and (keep or parse_vkey(line).name != key.name)]
        write_durable(self.folder / "logs", "".join(f"{line}\n" for line in (*others, key)).encode())

    def cosign(self, checkpoint: Checkpoint, now: int) -> Sequence[SignatureLine]:
        """The witness's lines on a checkpoint."""
        lines = [cosign(checkpoint, self.name, self.key.seed, now)]
        if self.post_quantum:
            lines.append(cosign_ml_dsa(checkpoint, self.name, self.key.ml_dsa_seed, now))
        return lines

    def add(self, body: bytes) -> Answer:
        """Answer one request."""
        return self.store.add(body, self.logs(), self.cosign, int(self.clock()))


def application(witness: Witness, prefix: str = "") -> Starlette:
    """The endpoint as an ASGI application. Requests are handled one at a time."""

    async def add_checkpoint(request: HttpRequest) -> Response:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_REQUEST:
                return Response("request is too large\n", 413, media_type="text/plain")
        answer = witness.add(bytes(body))  # short, and the database has one writer: no other request need run
        return Response(answer.body, answer.status, headers={"Content-Type": answer.type})

    async def checkpoint(request: HttpRequest) -> Response:
        wanted = request.path_params["origin"]
        for origin in witness.store.origins():
            note = witness.store.latest(origin)
            if origin_hash(origin) == wanted and note is not None:
                return Response(str(note), headers={"Content-Type": PLAIN, "Cache-Control": "no-cache"})
        return Response("nothing was cosigned\n", 404, media_type="text/plain")

    return Starlette(
        routes=[
            Route(f"{prefix}/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route(f"{prefix}/{{origin}}/checkpoint", checkpoint, methods=["GET"]),
        ]
    )
