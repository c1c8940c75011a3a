"""Nothing of a child leaves the private store: every name and number of a session is searched in every public byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulator import SCHOOLS, Simulator
from verifiable_draw import packet
from verifiable_draw.cli import main
from verifiable_draw.county import generate_students, write_workbook


def marks() -> list[bytes]:
    """Names, document and registration numbers of all children of the story."""
    found = []
    for spec in SCHOOLS:
        for student in generate_students(spec, "simulator"):
            found += [student.name, student.document_number, student.registration]
    return [mark.encode() for mark in set(found) if mark]


def test_the_search_would_find_them(finished: Simulator) -> None:
    data = (finished.folder / "bureau" / "private.db").read_bytes()
    wal = finished.folder / "bureau" / "private.db-wal"
    data += wal.read_bytes() if wal.exists() else b""
    assert sum(mark in data for mark in marks()) > 200


def test_record_ledger_packet_and_sealed_files(finished: Simulator, tmp_path: Path) -> None:
    packet.write(finished.room, tmp_path / "packet")
    public = dict(finished.files())
    public |= {str(p): p.read_bytes() for p in (tmp_path / "packet").rglob("*") if p.is_file()}
    public |= {str(p): p.read_bytes() for p in (finished.folder / "bureau" / "sessions").rglob("*") if p.is_file()}
    public |= {str(p): p.read_bytes() for p in (finished.folder / "bureau").glob("ledger.db*")}
    assert len(public) > 40
    for name, data in public.items():
        assert not [mark for mark in marks() if mark in data], name


def test_no_attribute_of_a_unit_in_the_record(finished: Simulator) -> None:
    """Attributes appear only as names of features in plan and statement."""
    for name, data in finished.files().items():
        if name not in ("plan.json", "statement.json"):
            assert b"ethnicity" not in data, name
            assert b"disability" not in data, name


def test_what_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    story = Simulator(tmp_path).run("plan")
    story.room.close()
    for number, mess in enumerate((("bad_check", "missing_sex", "duplicate"), ("fullwidth", "spaces"))):
        path = tmp_path / f"{number}.xlsx"
        write_workbook(path, {"名册": generate_students(SCHOOLS[number], "simulator")}, mess=mess)
        with pytest.raises(SystemExit):
            main(["rosters", "import", str(path), "--room", str(tmp_path / "bureau")])
    output = capsys.readouterr()
    text = (output.out + output.err).encode()
    assert "问题".encode() in text
    assert not [mark for mark in marks() if mark in text]
