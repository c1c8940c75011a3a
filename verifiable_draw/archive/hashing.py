"""SHA-256 whose state can be put away and taken up again, as fast as hashlib's.

hashlib keeps its state to itself. OpenSSL's libcrypto, which hashlib itself calls and which is loaded therefore, has
`SHA256_Init`, `_Update` and `_Final` on a structure that `openssl/sha.h` makes public: eight words of state, a counter,
a block. They are reached through ctypes. Packages that were looked at do not do: `rehash` refuses OpenSSL 3, others
carry plain C, which is slower by far. Where libcrypto cannot be reached, or does not pass the test below, hashlib
hashes, and a file that was interrupted is read from its beginning.
"""

from __future__ import annotations

import ctypes
import hashlib
import struct
from collections.abc import Iterator
from functools import cache
from typing import Protocol

BLOCK = 64  # bytes; a state can be put away between blocks only


class Hasher(Protocol):
    """What hashes a file from some point on."""

    def update(self, data: memoryview) -> None:
        """Take in bytes."""

    def state(self) -> tuple[int, bytes] | None:
        """Bytes taken in so far, and 32 bytes that `resume` takes; None within a block, or if this hasher cannot."""

    def digest(self) -> bytes:
        """SHA-256 of everything taken in; the hasher is used up."""


class _Context(ctypes.Structure):
    """SHA256_CTX of openssl/sha.h."""

    _fields_ = (
        ("h", ctypes.c_uint32 * 8),
        ("low", ctypes.c_uint32),
        ("high", ctypes.c_uint32),
        ("data", ctypes.c_uint32 * 16),
        ("num", ctypes.c_uint),
        ("md_len", ctypes.c_uint),
        ("_spare", ctypes.c_uint32 * 16),
    )


class _Native:
    """libcrypto's SHA-256. Calls release the interpreter's lock."""

    def __init__(self, library: ctypes.CDLL, state: bytes = b"", done: int = 0) -> None:
        self._library, self._context = library, _Context()
        library.SHA256_Init(ctypes.byref(self._context))
        if state:
            self._context.h[:] = struct.unpack(">8I", state)
            bits = done * 8
            self._context.low, self._context.high = bits & 0xFFFFFFFF, bits >> 32

    def update(self, data: memoryview) -> None:
        if len(data):
            source = (ctypes.c_char * len(data)).from_buffer(data)
            self._library.SHA256_Update(ctypes.byref(self._context), source, ctypes.c_size_t(len(data)))

    @property
    def done(self) -> int:
        """Bytes taken in so far."""
        return int(self._context.high << 32 | self._context.low) // 8

    def state(self) -> tuple[int, bytes] | None:
        return None if self._context.num else (self.done, struct.pack(">8I", *self._context.h))

    def digest(self) -> bytes:
        out = ctypes.create_string_buffer(32)
        self._library.SHA256_Final(out, ctypes.byref(self._context))
        return out.raw


class _Plain:
    """hashlib's, which cannot be put away."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def update(self, data: memoryview) -> None:
        self._hash.update(data)

    def state(self) -> None:
        return None

    def digest(self) -> bytes:
        return self._hash.digest()


def _libraries() -> Iterator[str]:
    """Where libcrypto may be found: behind Python's own hash module, or beside Python under Windows."""
    try:
        import _hashlib  # noqa: PLC0415 - its file, not its names, is wanted
    except ImportError:
        return
    yield from filter(None, (getattr(_hashlib, "__file__", None),))
    yield from ("libcrypto-3.dll", "libcrypto-3-x64.dll", "libcrypto-1_1.dll")


@cache
def _library() -> ctypes.CDLL | None:
    """The library, if its SHA-256 can be put away and goes on with hashlib's result."""
    for name in _libraries():
        try:
            library = ctypes.CDLL(name)
            library.SHA256_Update.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]
            library.SHA256_Init.argtypes = [ctypes.c_void_p]
            library.SHA256_Final.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
        except (OSError, AttributeError):
            continue
        if _passes(library):
            return library
    return None


def _passes(library: ctypes.CDLL) -> bool:
    """Put away and taken up between every two blocks, the result is hashlib's; the counter crosses 32 bits too."""
    data = bytearray(range(256)) * 3 + b"tail"
    state, done = b"", 0
    while len(data) - done >= BLOCK:
        part = _Native(library, state, done)
        part.update(memoryview(data)[done : done + BLOCK])
        put_away = part.state()
        if put_away is None or put_away[0] != done + BLOCK:
            return False
        done, state = put_away
    last = _Native(library, state, done)
    last.update(memoryview(data)[done:])
    counted = _Native(library, state, 2**32 + done)
    counted.update(memoryview(data)[done : done + 1])
    return counted.done == 2**32 + done + 1 and last.digest() == hashlib.sha256(data).digest()


def can_resume() -> bool:
    """Whether states can be put away on this machine."""
    return _library() is not None


def resume(state: bytes, done: int) -> Hasher | None:
    """A hasher that goes on after `done` bytes with `state`; None if that cannot be done here."""
    library = _library()
    return _Native(library, state, done) if library is not None else None


def fresh() -> Hasher:
    """A hasher that has taken in nothing."""
    library = _library()
    return _Native(library) if library is not None else _Plain()
