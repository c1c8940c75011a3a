"""The registration audit: a county's export read and compared with its draws, in a process whose memory is its own."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from openpyxl import Workbook

from ledger.canonical import encode
from verifiable_draw.county import SchoolSpec, generate_students, school_specs
from verifiable_draw.freeze import nullifier
from verifiable_draw.rosters import Student
from verifiable_draw.rosters.codes import DOCUMENT_TYPES

Row = tuple[str, float, str, str]
KEY = hashlib.sha256(b"benchmark year key").digest()
YEAR = 2026
MOVED_EVERY = 400
"""One child in so many is registered in another class than drawn."""
TITLES = (
    "学校标识码", "学校名称", "年级", "班级", "姓名", "性别", "身份证件类型", "身份证件号", "全国学籍号", "入学年月",
    "班主任",
)  # fmt: skip

_COMPARE = """
import os
import sys
import time
from pathlib import Path
from ledger.canonical import decode
from verifiable_draw.year.audit import Drawn, Sealed, audit
from verifiable_draw.year.audit_views import workbook
from verifiable_draw.year.book import Book
from verifiable_draw.year.class_words import Division
from verifiable_draw.year.export_file import read_export
if __name__ == "__main__":
    begin = time.perf_counter()
    folder, *exports = map(Path, sys.argv[1:])
    sealed = [(path.stem, decode(path.read_bytes())) for path in sorted(folder.glob("*.json"))]
    key = bytes.fromhex(sealed[0][1]["year_key"])
    draws = [Sealed(name[:10], int(name[11:]), value, value["result"]) for name, value in sealed]
    drawn = Drawn.of(2026, key, 1000, draws, ())
    divisions = {(one.school, one.grade): Division(one.roster["classes"]) for one in draws}
    gathered = time.perf_counter()
    export = read_export(exports, 2026, divisions, {})
    read = time.perf_counter()
    found = audit(drawn, export)
    size = found.body()["size"]
    compared = time.perf_counter()
    workbook(found, Book(), divisions, {}, {})
    written = time.perf_counter()
    peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
    spent = os.times()
    steps = (spent.user + spent.system, gathered - begin, read - gathered, compared - read, written - compared)
    totals = found.totals()
    print(len(export.report.problems), found.students, totals["same"], totals["moved"], int(peak) // 1024,
          *(f"{one:.1f}" for one in steps))
"""


def _classes(spec: SchoolSpec, students: int) -> list[int]:
    return [i % max(2, spec.classes) + 1 for i in range(students)]


def _sealed(students: tuple[Student, ...], classes: list[int], number: int) -> bytes:
    """A sealed roster's plaintext as far as the comparison reads it, as large as a real one; the result beside it."""
    salt = hashlib.sha256(b"salt").hexdigest()
    units = [
        [
            {
                "attributes": {"disability": "0", "ethnicity": "01", "migrant": "0", "sex": student.sex},
                "attributes_salt": salt,
                "identity": salt,
                "nullifier": nullifier(KEY, student).hex(),
            }
        ]
        for student in students
    ]
    return encode({"classes": number, "draw": "d", "result": classes, "units": units, "year_key": KEY.hex()})


def _line(spec: SchoolSpec, student: Student, number: int) -> list[str]:
    kind = student.document_type
    return [
        student.school, spec.name, "一年级" if student.grade == 1 else "七年级", f"{number}班", student.name,
        "男" if student.sex == "1" else "女", f"{kind}-{DOCUMENT_TYPES[kind]}" if kind != "G" else "其他",
        "" if kind == "G" else student.document_number, student.registration, f"{YEAR}09", f"教师{number}",
    ]  # fmt: skip


def county(folder: Path, schools: int, students: int) -> tuple[Path, int]:
    """Write sealed rosters and the export into `folder`; returns the export's path and the number of moved children."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("学籍")
    sheet.append(TITLES)
    moved = count = 0
    for spec in school_specs(schools, students, "benchmark"):
        people = generate_students(spec, "benchmark")
        classes = _classes(spec, len(people))
        (folder / f"{spec.code}-{spec.grade}.json").write_bytes(_sealed(people, classes, max(2, spec.classes)))
        for student, number in zip(people, classes, strict=True):
            other = count % MOVED_EVERY == 0
            moved, count = moved + other, count + 1
            sheet.append(_line(spec, student, number % max(2, spec.classes) + 1 if other else number))
    path = folder / "export.xlsx"
    book.save(path)
    return path, moved


def rows(*, quick: bool = False) -> Iterator[Row]:
    """Yield the row; `quick` takes a tenth of the students. The start of Python is in the time."""
    schools, students = (10, 4_000) if quick else (100, 40_000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path, moved = county(folder, schools, students)
        program = folder / "compare.py"
        program.write_text(_COMPARE)
        begin = time.perf_counter()
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, str(program), str(folder), str(path)], stdout=subprocess.PIPE, text=True, check=True
        )
        seconds = time.perf_counter() - begin
    problems, rows_, same, found, peak, processors, gathered, read, compared, written = done.stdout.split()
    if (problems, int(rows_), int(same), int(found)) != ("0", students, students - moved, moved):
        raise SystemExit(f"the comparison found {same} the same and {found} moved of {rows_}, {problems} problems")
    steps = f"sealed rosters {gathered} s, export {read} s, comparison {compared} s, workbook {written} s"
    note = f"{peak} MiB, {processors} s of processors; {steps}"
    yield f"registration: an export of {students:,} rows read and compared", seconds, "under 30 s", note
