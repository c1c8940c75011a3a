"""Entries, tree, checkpoints and cosignatures (specification: ledger, L1-L14, L21). Pure: bytes in, values out."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import Any, Dict, Iterable, List, NamedTuple, Sequence, Tuple

from . import canonical, ed25519, mldsa, schema

MAX_ENTRY = 65535
ZEROS = "0" * 64
SIZE = re.compile(rb"0|[1-9][0-9]{0,15}")
UNNAMED = {"+", *map(chr, range(0x7F, 0xA0))}  # besides white space: not in a signer's name (L10)
NOTE_NAME = re.compile(r"ledger/checkpoints/([0-9]{10})\.note")
MAX_SIGNATURES = 1000
SIGNED_BY_LEDGER = 1  # signature types of the C2SP note formats
SIGNED_BY_COSIGNER = 4
SIGNED_POST_QUANTUM = 6


class NoteError(ValueError):
    """A note that L8-L10 refuse."""


# --- tree ---------------------------------------------------------------------------------------------------------


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


class Tree:
    """The roots of all prefixes of a list of leaf hashes (L7).

    Kept: for every prefix the peaks of its perfect subtrees, at most one a power of two.
    """

    def __init__(self, leaves: Iterable[bytes]) -> None:
        self._peaks: List[Tuple[bytes, ...]] = [()]
        for number, leaf in enumerate(leaves):
            peaks = list(self._peaks[-1])
            node = leaf
            complete = number
            while complete & 1:
                node = node_hash(peaks.pop(), node)
                complete >>= 1
            peaks.append(node)
            self._peaks.append(tuple(peaks))
        self._roots: Dict[int, bytes] = {0: hashlib.sha256().digest()}

    def __len__(self) -> int:
        return len(self._peaks) - 1

    def root(self, size: int) -> bytes:
        """The root of the first `size` leaves."""
        if size not in self._roots:
            peaks = self._peaks[size]
            node = peaks[-1]
            for peak in reversed(peaks[:-1]):
                node = node_hash(peak, node)
            self._roots[size] = node
        return self._roots[size]


def tree_root(leaves: Iterable[bytes]) -> bytes:
    """The root of a whole tree, without keeping its prefixes."""
    level = list(leaves)
    if not level:
        return hashlib.sha256().digest()
    while len(level) > 1:
        above = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        if len(level) % 2:
            above.append(level[-1])
        level = above
    return level[0]


def is_consistent(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that the new tree extends the old one (L14)."""
    nothing = hashlib.sha256().digest()
    if old > new or any(size == 0 and root != nothing for size, root in ((old, old_root), (new, new_root))):
        return False
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof
    return _leads_to_both(old, old_root, new, new_root, proof)


def _leads_to_both(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """RFC 9162, 2.1.4.2, for 0 < old < new. `first` and `second` are its fn and sn."""
    path = list(proof)
    if old & (old - 1) == 0:  # a power of two: the old root is itself a node of the new tree
        path.insert(0, old_root)
    if not path:
        return False
    first, second = old - 1, new - 1
    while first & 1:
        first, second = first >> 1, second >> 1
    made_old = made_new = path[0]
    for node in path[1:]:
        if second == 0:
            return False  # a hash too many
        if first & 1 or first == second:
            made_old, made_new = node_hash(node, made_old), node_hash(node, made_new)
            while first and not first & 1:
                first, second = first >> 1, second >> 1
        else:
            made_new = node_hash(made_new, node)
        first, second = first >> 1, second >> 1
    return second == 0 and (made_old, made_new) == (old_root, new_root)


# --- entries ------------------------------------------------------------------------------------------------------


def parse_entry(line: bytes) -> Dict[str, Any]:
    """One entry in strict form (L1, E5, L6), or EncodingError / ShapeError."""
    if len(line) > MAX_ENTRY:
        raise canonical.EncodingError("an entry of more than 65,535 bytes (L1)")
    entry = canonical.decode(line)
    schema.check_entry(entry)
    return dict(entry)


def signed_bytes(entry: Dict[str, Any], sig: Dict[str, Any], origin: str, header_hash: bytes) -> bytes:
    """The 32 bytes under a signature of an entry (L3)."""
    return canonical.tagged(
        "entry",
        origin.encode(),
        entry["session"].encode(),
        header_hash,
        entry["type"].encode(),
        sig["id"].encode(),
        sig["role"].encode(),
        canonical.encode(entry["body"]),
        canonical.u64(sig["size"]),
        bytes.fromhex(sig["root"]),
    )


def signature_holds(entry: Dict[str, Any], sig: Dict[str, Any], origin: str, header_hash: bytes) -> bool:
    message = signed_bytes(entry, sig, origin, header_hash)
    return ed25519.verify(bytes.fromhex(sig["key"]), message, bytes.fromhex(sig["sig"]))


# --- checkpoints --------------------------------------------------------------------------------------------------


class SignatureLine(NamedTuple):
    name: str
    key_id: bytes
    signature: bytes


class Note(NamedTuple):
    origin: str
    size: int
    root: bytes
    text: bytes
    lines: List[SignatureLine]


def checkpoint_text(origin: str, size: int, root: bytes) -> bytes:
    """What a checkpoint of so many entries says, before its signatures (L8)."""
    return ("%s\n%d\n%s\n" % (origin, size, base64.b64encode(root).decode("ascii"))).encode("ascii")


def strict_base64(data: bytes) -> bytes:
    try:
        raw = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise NoteError("not base64") from None
    if base64.b64encode(raw) != data:
        raise NoteError("base64 that is not canonical")
    return raw


def parse_note(data: bytes) -> Note:
    """A checkpoint of L8, strictly; signatures are not yet looked at. NoteError if it is not one."""
    head, blank, tail = data.partition(b"\n\n")
    if not blank:
        raise NoteError("no empty line")
    lines = head.split(b"\n")
    if len(lines) != 3:
        raise NoteError("a text that is not origin, size and root")
    try:
        origin = lines[0].decode("ascii")
    except UnicodeDecodeError:
        raise NoteError("not an origin") from None
    if not canonical.ORIGIN.fullmatch(origin):
        raise NoteError("not an origin")
    if not SIZE.fullmatch(lines[1]):
        raise NoteError("not a size")
    if int(lines[1]) > canonical.MAX_INTEGER:
        raise NoteError("a size beyond 2^53 (E1)")
    root = strict_base64(lines[2])
    if len(root) != 32:
        raise NoteError("a root that is not 32 bytes")
    if not tail.endswith(b"\n"):
        raise NoteError("the last line has no end")
    signatures = tail[:-1].split(b"\n")
    if len(signatures) > MAX_SIGNATURES:
        raise NoteError("more than %d signatures" % MAX_SIGNATURES)
    return Note(origin, int(lines[1]), root, head + b"\n", [_signature_line(line) for line in signatures])


def _signature_line(line: bytes) -> SignatureLine:
    try:
        parts = line.decode("utf-8").split(" ")
    except UnicodeDecodeError:
        raise NoteError("a signature line that is not UTF-8") from None
    if len(parts) != 3 or parts[0] != "\u2014" or not parts[1] or canonical.FORBIDDEN.search(parts[1]):
        raise NoteError("a signature line of another form")
    if any(character.isspace() or character in UNNAMED for character in parts[1]):
        raise NoteError("a signer's name with a space, control character or plus sign")
    raw = strict_base64(parts[2].encode())
    if len(raw) < 5:
        raise NoteError("a signature line without a signature")
    return SignatureLine(parts[1], raw[:4], raw[4:])


def key_id(name: str, key: bytes, kind: int) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:4]


def is_signed_by_ledger(note: Note, origin: str, operator: bytes) -> bool:
    """Whether the first signature line is the operator's and valid (L9)."""
    if not note.lines or note.origin != origin:
        return False
    line = note.lines[0]
    if line.name != origin or line.key_id != key_id(origin, operator, SIGNED_BY_LEDGER):
        return False
    return ed25519.verify(operator, note.text, line.signature)


def cosignature_holds(text: bytes, key: bytes, signature: bytes) -> bool:
    """Whether u64 time and Ed25519 signature are a cosignature of a checkpoint's text (L10)."""
    if len(signature) != 72:
        return False
    moment = int.from_bytes(signature[:8], "big")
    return ed25519.verify(key, b"cosignature/v1\ntime %d\n" % moment + text, signature[8:])


def _post_quantum_holds(note: Note, name: str, key: bytes, signature: bytes) -> bool:
    """The same for a line by an ML-DSA-44 key (L21). A name that has no u8 length cannot have signed."""
    who, origin = name.encode(), note.origin.encode()
    if len(signature) != 8 + mldsa.SIGNATURE_BYTES or len(who) > 255:
        return False
    parts = (
        b"subtree/v1\n\0",
        bytes([len(who)]) + who,
        signature[:8],
        bytes([len(origin)]) + origin,
        canonical.u64(0) + canonical.u64(note.size) + note.root,
    )
    return mldsa.verify(key, b"".join(parts), signature[8:])


def cosignatures(note: Note, known: Iterable[Tuple[str, bytes]]) -> List[Tuple[str, bytes, bool]]:
    """(name, key, valid) for every further line of a known name and key (L10, L21); other lines are ignored.

    The length of a key tells its kind. A keyID is so short that two keys of one name may share it: either may hold.
    """
    by_id: Dict[Tuple[str, bytes], List[bytes]] = {}
    for name, key in known:
        kind = SIGNED_POST_QUANTUM if len(key) == mldsa.KEY_BYTES else SIGNED_BY_COSIGNER
        by_id.setdefault((name, key_id(name, key, kind)), []).append(key)
    out = []
    for line in note.lines[1:]:
        keys = by_id.get((line.name, line.key_id))
        if keys:
            good = [key for key in keys if _line_holds(note, line, key)]
            out.append((line.name, (good or keys)[0], bool(good)))
    return out


def _line_holds(note: Note, line: SignatureLine, key: bytes) -> bool:
    if len(key) == mldsa.KEY_BYTES:
        return _post_quantum_holds(note, line.name, key, line.signature)
    return cosignature_holds(note.text, key, line.signature)
