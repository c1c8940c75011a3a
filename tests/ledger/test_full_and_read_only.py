"""A disc that is really full, files and folders that really are read-only, and two programs that write at once.

File systems of their own are mounted in a mount namespace that belongs to the child alone, so they are gone when it ends,
however it ends. Where that is not permitted, a limit on the size of files and permissions take their place.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import pytest

from ledger.entry import parse_entry
from ledger.keys import public_key
from ledger.merkle import leaf_hash
from ledger.note import Note
from ledger.store import HeadMovedError, Store, StoreError, verify_all
from tests.ledger.test_kill import ORIGIN, ROOT, SEED, TIME, Known, message, messages

if sys.platform != "win32":
    import resource

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs mounts, limits and permissions as under Unix")

NOBODY = 65534
SMALL = 700 * 1024


def run(story: str, *arguments: object, prefix: tuple[str, ...] = ()) -> None:
    """Tell a story of this file in a process of its own; it has to come to its end."""
    code = f"import sys; from {__name__} import {story}; {story}(*sys.argv[1:]); print('told')"
    command = [*prefix, sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=60)
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["told"]), done.stdout + done.stderr


def namespace(folder: Path) -> tuple[str, ...] | None:
    """How to start a program that may mount over `folder` for itself; None where that is not permitted."""
    for options in ("--mount", "--user --map-root-user --mount"):
        command = (shutil.which("unshare") or "unshare", *options.split())
        probe = (*command, shutil.which("mount") or "mount", "-t", "tmpfs", "ledger-test", str(folder))
        with suppress(OSError):
            if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
                return command
    return None


def mount(*arguments: object) -> None:
    subprocess.run([shutil.which("mount") or "mount", *map(str, arguments)], check=True)


def hear(known: Known, store: Store, count: int) -> None:
    """Append and sign, and remember what was acknowledged."""
    for entry in store.append(store.head, TIME, messages(store.head.size, count)):
        known.leaves[entry.seq] = leaf_hash(entry.encode()).hex()
    note = store.checkpoint(ORIGIN, SEED)
    known.notes[store.head.size] = str(note)


def fill(known: Known, store: Store) -> StoreError:
    """Append until the store refuses; the error with which it does."""
    with pytest.raises(StoreError) as caught:
        for _ in range(3000):
            hear(known, store, 5)
    return caught.value


def refuses(known: Known, store: Store) -> None:
    """Full stays full, and everything acknowledged can be read meanwhile."""
    for _ in range(3):
        with pytest.raises(StoreError) as caught:
            store.append(store.head, TIME, messages(store.head.size, 200))
        assert caught.value.kind == "full"
    known.check(store)


# A full disc


def full_disc(folder: str) -> None:
    """A tmpfs of 700 KiB fills up; then room is made."""
    path = Path(folder) / "ledger.db"
    mount("-t", "tmpfs", "-o", f"size={SMALL}", "ledger-test", folder)
    ballast = Path(folder) / "ballast"
    ballast.write_bytes(bytes(SMALL // 3))
    known = Known()
    store = Store.create(path)
    error = fill(known, store)
    assert error.kind == "full", error
    assert os.statvfs(folder).f_bavail * os.statvfs(folder).f_bsize < 64 * 1024, "the disc is not full"
    refuses(known, store)
    # Another program finds the same, on the disc that is still full.
    with closing(Store.open(path)) as other:
        refuses(known, other)
    ballast.unlink()
    # The same connection goes on.
    hear(known, store, 5)
    known.check(store)
    # Full again, and closed as it is; a new process goes on when there is room.
    ballast.write_bytes(b"")
    filling = ballast.open("wb", buffering=0)
    with suppress(OSError):
        while filling.write(bytes(4096)):
            pass
    filling.close()
    fill(known, store)
    store.close()
    ballast.unlink()
    with closing(Store.open(path)) as store:
        known.check(store)
        hear(known, store, 5)
        known.check(store)


def limited_files(folder: str) -> None:
    """No file may grow beyond 300 KiB; then they may."""
    path = Path(folder) / "ledger.db"
    known = Known()
    store = Store.create(path)
    _soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Python ignores SIGXFSZ, so the write fails with EFBIG.
    resource.setrlimit(resource.RLIMIT_FSIZE, (300 * 1024, hard))
    error = fill(known, store)
    assert error.kind == "full", error
    refuses(known, store)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    # To SQLite this was a failing disc: nothing more is written until the file is opened anew.
    refuses(known, store)
    store.close()
    with closing(Store.open(path)) as store:
        known.check(store)
        hear(known, store, 5)
        known.check(store)


def full_while_created(folder: str) -> None:
    """A disc on which not even an empty ledger fits: an error that says so, and with room it can be made."""
    mount("-t", "tmpfs", "-o", "size=20k", "ledger-test", folder)
    path = Path(folder) / "ledger.db"
    with pytest.raises(StoreError) as caught:
        Store.create(path)
    assert caught.value.kind == "full"
    mount("-o", "remount,size=4m", folder)
    path.unlink(missing_ok=True)
    with closing(Store.create(path)) as store:
        hear(Known(), store, 5)


def test_full_disc(tmp_path: Path) -> None:
    prefix = namespace(tmp_path)
    if prefix is None:
        run("limited_files", tmp_path)
    else:
        run("full_disc", tmp_path, prefix=prefix)
        run("full_while_created", tmp_path, prefix=prefix)
    assert not os.path.ismount(tmp_path)


def test_limited_files(tmp_path: Path) -> None:
    run("limited_files", tmp_path)


# Read-only


def refuses_to_write(path: Path) -> None:
    """Opening or writing says `read-only`, and no byte of the ledger changes."""
    before = {file.name: file.read_bytes() for file in path.parent.iterdir() if file.suffix != ".db-shm"}
    # Opening may succeed, for reading needs less; writing may not.
    with pytest.raises(StoreError) as caught, closing(Store.open(path)) as store:
        assert store.head.size == 5
        store.append(store.head, TIME, messages(5, 1))
    assert caught.value.kind == "read-only", caught.value
    for name, data in before.items():
        assert (path.parent / name).read_bytes() == data
    assert not path.with_name("ledger.db-wal").exists() or not path.with_name("ledger.db-wal").read_bytes()


def read_only_mount(folder: str) -> None:
    """The file system of the ledger becomes one that is mounted for reading only."""
    mount("-t", "tmpfs", "ledger-test", folder)
    path = Path(folder) / "ledger.db"
    filled(path)
    mount("-o", "remount,ro", folder)
    with pytest.raises(OSError, match="Read-only"):
        (Path(folder) / "probe").write_bytes(b"")
    refuses_to_write(path)
    with pytest.raises(StoreError) as caught:
        Store.create(Path(folder) / "new.db")
    assert caught.value.kind == "read-only"
    mount("-o", "remount,rw", folder)
    with closing(Store.open(path)) as store:
        hear(Known(), store, 1)


def become_nobody() -> None:
    """Permissions do not bind root, so root becomes somebody whom they bind."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def read_only_for_nobody(folder: str) -> None:
    become_nobody()
    path = Path(folder) / "ledger.db"
    with pytest.raises(PermissionError):
        path.open("r+b")
    refuses_to_write(path)


@contextmanager
def open_to_nobody(tmp_path: Path) -> Iterator[Path]:
    """A folder that another user can reach, with a ledger in it. Folders of pytest are closed to others."""
    folder = tmp_path / "shared"
    folder.mkdir()
    filled(folder / "ledger.db")
    closed = [
        parent for parent in folder.parents if not parent.stat().st_mode & 0o001 and parent.stat().st_uid == os.getuid()
    ]
    modes = [parent.stat().st_mode for parent in closed]
    for parent in closed:
        parent.chmod(parent.stat().st_mode | 0o001)
    try:
        yield folder
    finally:
        folder.chmod(0o755)
        for parent, mode in zip(closed, modes, strict=True):
            parent.chmod(mode)


def filled(path: Path) -> None:
    with closing(Store.create(path)) as store:
        hear(Known(), store, 5)


@pytest.mark.parametrize("folder_mode", [0o555, 0o777])
def test_read_only_by_permission(tmp_path: Path, folder_mode: int) -> None:
    """The file is read-only; the folder too, or not."""
    with open_to_nobody(tmp_path) as folder:
        (folder / "ledger.db").chmod(0o444)
        folder.chmod(folder_mode)
        run("read_only_for_nobody", folder)
        (folder / "ledger.db").chmod(0o644)
        folder.chmod(0o755)
        with closing(Store.open(folder / "ledger.db")) as store:
            hear(Known(), store, 1)


def test_read_only_folder(tmp_path: Path) -> None:
    """The file could be written, but no WAL can be made beside it."""
    with open_to_nobody(tmp_path) as folder:
        (folder / "ledger.db").chmod(0o666)
        folder.chmod(0o555)
        run("read_only_folder_for_nobody", folder)


def read_only_folder_for_nobody(folder: str) -> None:
    become_nobody()
    with pytest.raises(PermissionError):
        (Path(folder) / "probe").touch()
    refuses_to_write(Path(folder) / "ledger.db")


def test_read_only_file_system(tmp_path: Path) -> None:
    prefix = namespace(tmp_path)
    if prefix is None:
        # Without mounts the folder and the file in it are closed to writing instead.
        test_read_only_by_permission(tmp_path, 0o555)
    else:
        run("read_only_mount", tmp_path, prefix=prefix)
        assert not os.path.ismount(tmp_path)


# Two writers


def write_many(path: str, first: str, count: str) -> None:
    """Append numbers one or three at a time, and read again whenever somebody else was first."""
    numbers = list(range(int(first), int(first) + int(count)))
    moved = 0
    with closing(Store.open(Path(path))) as store:
        print("ready", flush=True)  # noqa: T201 - what the test reads
        sys.stdin.readline()
        while numbers:
            batch = numbers[: 3 if len(numbers) % 2 else 1]
            try:
                store.append(store.head, TIME, [message(number) for number in batch])
            except HeadMovedError:
                moved += 1
                store.refresh()
                continue
            del numbers[: len(batch)]
            time.sleep(0.0005)  # lets the other in; else one writes for a long time while the other waits for the lock
            with suppress(HeadMovedError):
                store.checkpoint(ORIGIN, SEED)
    print(moved)  # noqa: T201


def two_writers(path: Path, each: int) -> None:
    Store.create(path).close()
    firsts = (0, 100_000)
    code = f"import sys; from {__name__} import write_many; write_many(*sys.argv[1:])"
    with ExitStack() as stack:
        writers = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", code, str(path), str(first), str(each)],
                    cwd=ROOT,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for first in firsts
        ]
        for writer in writers:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
        for writer in writers:
            assert writer.stdin is not None
            writer.stdin.write("go\n")
            writer.stdin.flush()
        moved = [writer.communicate(timeout=120)[0].strip() for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0]
    # Otherwise they wrote one after the other, and nothing was tried.
    assert sum(map(int, moved)) > 0
    with closing(Store.open(path)) as store:
        numbers = [parse_entry(data).message.body["number"] for data in store.read()]
        assert len(numbers) == 2 * each
        # Each writer's entries are there once each, in its order.
        for first in firsts:
            assert [number for number in numbers if first <= number < first + each] == list(range(first, first + each))
        verify_all(store, ORIGIN, [public_key(SEED)])
        assert len(list(store.notes())) > each // 4
    print(f"{each} entries each, {moved} times another was first")  # noqa: T201 - seen with pytest -rP


def test_two_writers(tmp_path: Path) -> None:
    two_writers(tmp_path / "ledger.db", 200)


@pytest.mark.slow
def test_two_writers_for_long(tmp_path: Path) -> None:
    two_writers(tmp_path / "ledger.db", 3000)


def test_another_appends_and_signs_during_a_refresh(tmp_path: Path) -> None:
    """What two writers meet by chance, told in order: between two reads of one refresh another appends and signs."""
    path = tmp_path / "ledger.db"
    with closing(Store.create(path)) as first:
        first.append(first.head, TIME, messages(0, 5))

        class Second(Store):
            between = False

            def note(self, size: int | None = None) -> Note | None:
                if self.between:
                    self.between = False
                    first.append(first.head, TIME, messages(5, 1))
                    first.checkpoint(ORIGIN, SEED)
                return super().note(size)

        with closing(Second.open(path)) as second:
            second.between = True
            second.refresh()
            second.refresh()
            assert second.head == first.head
