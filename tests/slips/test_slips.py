"""Slips and envelopes: what follows from a secret, and what is printed (R12-R14)."""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from ledger.canonical import VERSION, decode, encode
from tests.simulator import Simulator
from verifiable_draw import conduct, envelopes
from verifiable_draw.errors import UsageError
from verifiable_draw.rosters import Student
from verifiable_draw.slip_codes import Slip
from verifiable_draw.slip_sheets import print_slips, qr_path, reprint

DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def tagged(use: str, *fields: bytes) -> bytes:
    """E10, not by the code under test."""
    framed = b"".join(len(field).to_bytes(8, "big") + field for field in fields)
    return hashlib.sha256(f"{VERSION}/{use}".encode() + framed).digest()


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    story = Simulator(tmp_path_factory.mktemp("slips")).run(until="rosters")
    yield story
    story.room.close()


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Simulator]:
    made = Simulator(tmp_path)
    yield made
    made.room.close()


def holders(story: Simulator, draw: str = "d1") -> list[tuple[Student, Slip]]:
    root = story.session.draws[draw].frozen["roster_root"]
    return [holder for unit in story.room.private.holders(root) for holder in unit]


def test_the_slip_opens_its_leaf(frozen: Simulator) -> None:
    units: Any = decode(frozen.room.path("s1", "draws/d1/units.json").read_bytes())
    root = frozen.session.draws["d1"].frozen["roster_root"]
    sealed: Any = decode(frozen.room.private.sealed(root))
    for index, unit in enumerate(frozen.room.private.holders(root)):
        for member, (student, slip) in enumerate(unit):
            part = {
                "document_number": student.document_number, "document_type": student.document_type, "grade": student.grade,
                "name": student.name, "nullifier": sealed["units"][index][member]["nullifier"], "school": student.school, "year": 2026,
            }  # fmt: skip
            identity = tagged("identity", tagged("slip-identity", slip.secret), encode(part))
            salt = tagged("slip-attributes", slip.secret, slip.second)
            attributes = tagged("attributes", salt, encode(sealed["units"][index][member]["attributes"]))
            assert units["units"][index][member] == [identity.hex(), attributes.hex()]


def test_no_two_slips_are_alike(frozen: Simulator) -> None:
    slips = [slip for draw in ("d1", "d2") for _student, slip in holders(frozen, draw)]
    values = [value for slip in slips for value in (slip.secret, slip.second)]
    assert len(set(values)) == len(values) == 2 * len(slips)
    assert {len(value) for value in values} == {16}


def test_a_corrected_roster_keeps_the_slips(story: Simulator) -> None:
    story.run(until="rosters")
    before = {student.document_number: slip for student, slip in holders(story)}
    school = story.session.plan.draws["d1"].school
    students = story.room.private.imported(school, 1)
    corrected = [*students[:-1]]  # one left
    story.room.private.save_imported(school, 1, corrected)
    conduct.submit(story.room, "s1", "d1", story.schools[school])
    conduct.approve(story.room, "s1", "d1", story.keys["approver"])
    conduct.freeze(story.room, "s1", "d1")
    after = {student.document_number: slip for student, slip in holders(story)}
    assert after == {number: slip for number, slip in before.items() if number != students[-1].document_number}


def test_an_envelope_opens_with_its_phase_only(frozen: Simulator) -> None:
    slip = holders(frozen)[0][1]
    place = envelopes.Place("d1", 3, 0, "ab" * 32, 2)
    address, envelope = envelopes.seal(slip, "result", place)
    assert (len(address), len(envelope)) == (32, 220)
    assert address == tagged("slip-address", slip.secret, b"result")
    assert envelopes.seal(slip, "result", place) == (address, envelope)
    key = ChaCha20Poly1305(tagged("slip-key", slip.secret, b"result"))
    plain = key.decrypt(envelope[:12], envelope[12:], address)
    assert plain == encode({"class": 2, "draw": "d1", "member": 0, "nullifier": "ab" * 32, "unit": 3}).ljust(192, b"\n")
    other = envelopes.seal(slip, "frozen", place)
    assert other[0] != address
    with pytest.raises(InvalidTag):
        key.decrypt(other[1][:12], other[1][12:], other[0])


def test_a_draws_envelopes_stand_in_the_order_of_addresses() -> None:
    made = [(hashlib.sha256(bytes([i])).digest(), bytes([i]) * 220) for i in range(40)]
    file: Any = decode(envelopes.shelf(made))
    assert file == {"envelopes": [[address.hex(), envelope.hex()] for address, envelope in sorted(made)]}
    assert envelopes.shelf(reversed(made)) == envelopes.shelf(made)


def test_printed_slips_hold_the_codes_in_the_order_of_names(frozen: Simulator, tmp_path: Path) -> None:
    size = frozen.room.store.head.size
    printed = print_slips(frozen.room, "s1", [], tmp_path / "out")
    assert [one.draw for one in printed] == ["d1", "d2"]
    assert frozen.room.store.head.size == size + 2
    assert printed[0].entry.message.body == {
        "draw": "d1",
        "number": len(holders(frozen)),
        "reprint": False,
        "session": "s1",
    }
    slips, seconds = printed[0].slips.read_text(), printed[0].seconds.read_text()
    by_name = {student.name: (slip, student) for student, slip in holders(frozen)}
    names = re.findall(r'class="name">([^<]+)<', slips)
    assert sorted(names) == sorted(student.name for student, _ in holders(frozen))
    assert names == re.findall(r'class="name">([^<]+)<', seconds)
    for slip, student in by_name.values():
        assert all(line in slips for line in (*slip.code, slip.pseudonym))
        assert all(line in seconds for line in slip.second_code)
        assert not any(line in slips for line in slip.second_code)
        assert student.document_number not in slips + seconds
    assert stat.S_IMODE(printed[0].slips.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700
    assert "0851-0000000" in slips
    assert "演练" in slips


def test_a_qr_code_is_the_link(frozen: Simulator) -> None:
    """The path is drawn into a raster and read by the rules of the symbol: its finder patterns and its width."""
    slip = holders(frozen)[0][1]
    size, path = qr_path("https://county.example/fenban/s1/slip.html" + slip.fragment("d1"))
    grid = [[0] * size for _ in range(size)]
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", path):
        for i in range(int(width)):
            grid[int(y)][int(x) + i] = 1
    finder = ["1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111"]
    for top, left in ((4, 4), (4, size - 11), (size - 11, 4)):
        assert ["".join(map(str, row[left : left + 7])) for row in grid[top : top + 7]] == finder
    assert not any(map(any, grid[:4] + grid[-4:]))


def test_a_lost_slip_is_printed_again(frozen: Simulator, tmp_path: Path) -> None:
    student, slip = holders(frozen)[5]
    for who in (slip.pseudonym.lower(), f" {student.document_number.lower()} \n"):
        printed = reprint(frozen.room, "s1", "d1", who, tmp_path / "out")
        page = printed.slips.read_text()
        assert re.findall(r'class="name">([^<]+)<', page) == [student.name]
        assert slip.code[0] in page
        assert "补打" in page
        assert printed.entry.message.body == {"draw": "d1", "number": 1, "reprint": True, "session": "s1"}
        line = next(frozen.room.store.read(printed.entry.seq, printed.entry.seq + 1))
        assert student.name.encode() not in line
        assert slip.pseudonym.encode() not in line


@pytest.mark.parametrize("who", ["", "0000-0000-0000-0000", "陈"])
def test_nobody_else_is_printed(frozen: Simulator, tmp_path: Path, who: str) -> None:
    with pytest.raises(UsageError, match=r"代号|没有"):
        reprint(frozen.room, "s1", "d1", who, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_no_slips_before_the_freeze(story: Simulator, tmp_path: Path) -> None:
    story.run(until="plan")
    for draws in ([], ["d1"]):
        with pytest.raises(UsageError, match="冻结"):
            print_slips(story.room, "s1", draws, tmp_path / "out")
    with pytest.raises(UsageError):
        print_slips(story.room, "s1", ["d9"], tmp_path / "out")


def test_no_slips_without_an_entry(story: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever keeps the entry from being signed is found before a slip is on the disc, or takes the slips with it."""
    story.run(until="rosters")
    out, size = tmp_path / "out", story.room.store.head.size
    number = holders(story)[0][0].document_number
    ways = (lambda: print_slips(story.room, "s1", [], out), lambda: reprint(story.room, "s1", "d1", number, out))
    for way in ways:
        key = story.room.folder / "keys" / "operator.key"
        hidden = key.rename(key.with_suffix(".hidden"))
        story.reopen()
        with pytest.raises(UsageError, match="密钥"):
            way()
        hidden.rename(key)
        assert not out.exists()
    story.reopen()
    other = story.another()
    other.own()
    monkeypatch.setattr(type(other), "LOCK_SECONDS", 0.1)
    with pytest.raises(UsageError):
        ways[0]()
    assert not out.exists()
    other.close()
    story.reopen()

    def fails(*_arguments: object) -> None:
        raise UsageError("store.full", detail="")

    monkeypatch.setattr(story.room, "append", fails)
    with pytest.raises(UsageError):
        ways[0]()
    assert list(out.iterdir()) == []
    assert story.room.store.head.size == size
    story.reopen()
    assert len(ways[0]()) == 2
