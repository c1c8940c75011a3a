"""A made-up county over years, step by step: what an honest one does, for the inspection and its table of wrongdoing.

Everything goes the way that people go: acts of the year, ceremonies, discs, exports of student registration. Keys,
clock and randomness are fixed, so the same story gives the same ledger.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl

from ledger.canonical import encode
from ledger.witness import Answer, Transport
from verifiable_draw import conduct, witnessing
from verifiable_draw.archive import building, evidence
from verifiable_draw.county import SchoolSpec, generate_students
from verifiable_draw.entries import CLASSES, LATE
from verifiable_draw.files import write_durable
from verifiable_draw.inspection import Inspection, Material, inspect, report
from verifiable_draw.rosters import Student
from verifiable_draw.simulation.ceremony import OBSERVERS, Counter, Simulator
from verifiable_draw.spreadsheets import xlsx_bytes
from verifiable_draw.witness_server import Witness
from verifiable_draw.year import acts, at_bureau, registration
from verifiable_draw.year.shelves import PUBLIC, kept
from verifiable_draw.year.shortlist import Shortlist, Teacher
from verifiable_draw.year.standing import Place, sizes

FIRST = 2026
SCHOOLS = (
    SchoolSpec("9910000001", "测试第一小学", 1, 24, 2),
    SchoolSpec("9970000002", "测试初级中学", 7, 25, 2),
    SchoolSpec("9910999999", "测试教学点", 1, 9, 1),
)
LATE_STUDENTS = 3
WITNESS = "city.example/witness"
CITY = "city"
DAYS = 20  # for a complaint
DELAY = {"bits": 1024, "iterations": 1000, "kind": "chiavdf-wesolowski", "segments": 1}
GRADE_WORDS = {1: "一年级", 7: "七年级"}
DOCUMENT_WORDS = {"1": "居民身份证", "A": "护照", "B": "户口簿", "G": "无身份证件"}
HEADINGS = ("学校标识码", "学校名称", "年级", "班级", "姓名", "身份证件类型", "身份证件号", "全国学籍号", "班主任")

Row = list[Any]
Edit = Callable[[list[Row]], None]
"""What a school makes of its export before it reaches the bureau; rows as HEADINGS."""


class County:
    """A bureau, its schools, observers, witness, films and discs, in one folder."""

    STEPS = ("begin", "file", "students", "lots", "late", "move", "complain", "register", "finish")

    def __init__(self, folder: Path, specs: Sequence[SchoolSpec] = SCHOOLS, *, discs: bool = True) -> None:
        """Found the ledger and its witness. `discs`: whether archives are built, which takes seconds a session.

        Of `specs` those with one class are registered as exempt.
        """
        self.folder, self.year, self.discs = folder, FIRST, discs
        self.specs = tuple(spec for spec in specs if spec.classes > 1)
        self.brought: list[Path] = []
        """Exports of student registration that inspectors got by themselves."""
        self.exempt = tuple(spec for spec in specs if spec.classes == 1)
        self.story = Simulator(folder, plan={"rehearsal": False}, schools=self.specs)
        self.story.clock.now = datetime(FIRST, 6, 1, 1, tzinfo=UTC)  # long before the day of the draw
        self._found()

    @classmethod
    def copy(cls, other: County, folder: Path) -> County:
        """Another county that stands where this one stands and goes on by itself."""
        other.story.room.close()
        shutil.copytree(other.folder, folder)
        made = cls.__new__(cls)
        made.folder, made.specs, made.year, made.discs = folder, other.specs, other.year, other.discs
        made.exempt, made.brought = other.exempt, list(other.brought)
        made.story = other.story.at(folder)
        made.witness = Witness.open(folder / "witness")
        made.witness.clock = made.story.clock.timestamp
        other.story.room = other.story.another()
        return made

    def hand_over_keys(self) -> None:
        """Write the keys of schools and holders, without passphrases, so that somebody else can go on."""
        for folder, keys in (("schools", self.story.schools), ("holders", self.story.holders)):
            for name, key in keys.items():
                value = {"id": key.actor.id, "role": key.actor.role, "seed": key.seed.hex()}
                write_durable(self.folder / folder / f"{name}.key", encode(value), 0o600)

    def close(self) -> None:
        """Close the stores."""
        self.story.room.close()

    def _found(self) -> None:
        story = self.story
        conduct.found(story.room, "test-county.example/ledger", "测试县教育局", list(story.keys.values()))
        for code, key in story.schools.items():
            conduct.add_key(story.room, code, key.public, story.keys["approver"])
        Witness.create(self.folder / "witness", WITNESS, Counter(WITNESS), "")
        self.witness = Witness.open(self.folder / "witness")
        self.witness.clock = story.clock.timestamp
        self.witness.add_log(str(witnessing.log_vkey(story.room)))
        lines = [f"witness {CITY}-{i} {key} http://witness.invalid" for i, key in enumerate(self.witness.vkeys)]
        policy = "\n".join([*lines, f"quorum {CITY}-0", ""]).encode()
        witnessing.publish_policy(story.room, policy, story.keys["approver"])
        self.ask()

    def ask(self) -> None:
        """Have the present checkpoint cosigned by the city's witness."""

        def latest() -> str | None:
            found = [self.witness.store.latest(origin) for origin in self.witness.store.origins()]
            return str(found[0]) if found else None

        def submit(body: bytes) -> Answer:
            return self.witness.add(body)

        witnessing.ask_all(self.story.room, lambda _url, _origin: Transport(submit, latest))

    def set_clock(self, day: date) -> None:
        """Go to nine in the morning (China) of a day, never back."""
        moment = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
        self.story.clock.now = max(self.story.clock.now, moment)

    @property
    def approver(self) -> Any:
        """The approver's key."""
        return self.story.keys["approver"]

    def go_on(self) -> County:
        """The next year, to its end."""
        self.year += 1
        return self.run()

    def run(self, until: str = "finish", after: str = "", **instead: Callable[[], None]) -> County:
        """Take the year's steps up to and including `until`; those after `after`; `instead` replaces some."""
        start = self.STEPS.index(after) + 1 if after else 0
        for step in self.STEPS[start : self.STEPS.index(until) + 1]:
            instead.get(step, getattr(self, step))()
        return self

    # Before the draw

    def begin(self) -> None:
        """The year: register, dates, days for complaints."""
        self.set_clock(date(self.year, 6, 20))
        self.list_schools()
        self.open_year()

    def list_schools(self, **instead: int) -> None:
        """Enter the register. `instead`: other numbers of classes, by `s` and the school's code."""
        known = (*self.specs, *self.exempt)
        rows = [
            {"classes": instead.get(f"s{s.code}", s.classes), "grade": s.grade, "name": s.name, "school": s.code}
            for s in known
        ]
        conduct.register(self.story.room, self.year, rows)

    def open_year(self) -> None:
        """Enter what holds for the year."""
        year = self.year
        acts.open_year(
            self.story.room, self.approver, year, document=f"{year} 年实施方案".encode(), draw_by=date(year, 8, 31),
            term=(date(year, 9, 1), date(year + 1, 1, 20)), complaint_days=DAYS, late_dates=[date(year, 9, 5)],
            watched=[self.specs[0].code],
        )  # fmt: skip

    def file(self) -> None:
        """Every school files its grade, and the bureau approves."""
        self.set_clock(date(self.year, 7, 10))
        for spec in self.specs:
            key = self.story.schools[spec.code]
            plan = f"{spec.code} 班主任进班方案".encode()
            acts.file_grade(
                self.story.room, key, self.shortlist(spec), students=spec.students, classes=spec.classes, document=plan
            )
            acts.approve_filing(self.story.room, self.approver, (self.year, spec.code, spec.grade))

    def shortlist(self, spec: SchoolSpec) -> Shortlist:
        """One teacher a class."""
        rows = tuple(
            Teacher(f"教师{spec.code[-1]}{number}", "语文", "一级教师", 5 + number)
            for number in range(1, spec.classes + 1)
        )
        return Shortlist(self.year, spec.code, spec.grade, rows)

    # The draw

    @property
    def session(self) -> str:
        """Id of the students' session of the year."""
        return f"{self.year}-fenban"

    def students(self, session: str = "", *, observers: dict[str, str] | None = None, **changes: Any) -> None:
        """The students' draw with everything that belongs to it. `changes`: of the plan."""
        self.ceremony(session or self.session, date(self.year, 8, 20), self.rosters, observers=observers, **changes)

    def rosters(self) -> None:
        """Import, submit, approve and freeze what the schools send."""
        for draw in self.story.session.plan.draws.values():
            spec = next(s for s in self.specs if s.code == draw.school)
            self.roster(draw.id, list(self.children(spec)))

    def children(self, spec: SchoolSpec) -> list[Student]:
        """The children whom a school admits this year."""
        return list(generate_students(spec, f"county {self.year}"))

    def roster(self, draw: str, students: list[Student], kind: str = CLASSES) -> None:
        """One draw's roster on its way to the freeze."""
        story = self.story
        item = story.session.plan.draws[draw]
        story.room.private.save_imported(item.school, item.grade, students, kind)
        conduct.submit(story.room, story.name, draw, story.schools[item.school])
        conduct.approve(story.room, story.name, draw, self.approver)
        conduct.freeze(story.room, story.name, draw)

    def ceremony(
        self,
        session: str,
        day: date,
        rosters: Callable[[], None],
        observers: dict[str, str] | None = None,
        **changes: Any,
    ) -> None:
        """A session from plan to disc, with a film, in the presence of `observers`."""
        story = self.story
        self.set_clock(day)
        story.name, story.year = session, self.year
        story.changes = {"rehearsal": False, "session": session, "date": day.isoformat(), "delay": DELAY} | changes
        who = observers or OBSERVERS
        for name in who:
            story.devices[name] = story.device(story.key(name, "observer", session), f"-{session}")
        some: dict[str, Callable[[], None]] = {
            "rosters": rosters,
            "enrol": lambda: story.enrol(who),
            "commit": lambda: story.commit(who),
            "attest": lambda: story.attest(who),
            "reveal": lambda: story.reveal(who),
        }
        story.run("publish", "found", **some)
        self.keep(session)
        self.ask()

    def keep(self, session: str) -> None:
        """The film of the room and the burned disc, and what the ledger says of them."""
        film = f"film of {session}".encode() * 40
        write_durable(self.folder / "films" / session / "camera-1.mp4", film)
        evidence.enter(self.story.room, session, "video", "camera-1", hashlib.sha256(film).hexdigest(), len(film))
        if self.discs:
            out = self.folder / "discs" / session
            (disc,) = building.build(self.story.room, session, out)
            building.enter(self.story.room, session, disc, "disc-1")

    def lots(self) -> None:
        """Teachers to classes by lot, at every school, before parents and discipline inspection."""
        self.set_clock(date(self.year, 8, 28))
        for spec in self.specs:
            self.lot(spec, {"parent": 5, "discipline": 1})

    def lot(self, spec: SchoolSpec, witnesses: dict[str, int]) -> None:
        """One school's lots: class 1 gets the last teacher of the list."""
        form = self.folder / "papers" / f"{self.year}-{spec.code}-form.txt"
        write_durable(form, f"{self.year} {spec.code} 签字表".encode())
        conduct.record_lots(
            self.story.room, self.story.schools[spec.code], form, year=self.year, grade=spec.grade, place="学校礼堂",
            time=self.story.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ"), numbers=self.numbers(spec), witnesses=witnesses,
        )  # fmt: skip

    @staticmethod
    def numbers(spec: SchoolSpec) -> list[int]:
        """Teachers' numbers by class."""
        return list(range(spec.classes, 0, -1))

    # Afterwards

    def late(self, *, day: date | None = None, sizes_of: Callable[[list[int]], list[int]] = list) -> None:
        """Three children who came later, drawn into the places that are free. `sizes_of` may lie about them."""
        spec = self.specs[0]
        now = at_bureau.children(self.story.room, self.year)
        stood = sizes_of(sizes(now, spec.code, spec.grade, spec.classes))
        late = {
            "id": "d1", "kind": LATE, "school": spec.code, "school_name": spec.name, "grade": spec.grade, "batch": 1,
            "classes": spec.classes, "most": 0, "class_names": [], "sizes": stood, "take": 0, "caps": [],
        }  # fmt: skip
        came = [replace(one, twin_group="", twin_wish="") for one in self.latecomers(spec)]
        day = day or date(self.year, 9, 5)
        self.ceremony(
            f"{self.year}-bulu", day, lambda: self.roster("d1", came, LATE), draws=[late], attributes=[], balance=[]
        )

    def latecomers(self, spec: SchoolSpec) -> list[Student]:
        """Children of the late batch."""
        return list(generate_students(replace(spec, students=LATE_STUDENTS), f"late {self.year}"))

    def move(self) -> None:
        """What changes with approval: a child's class, a child that leaves, a teacher."""
        self.set_clock(date(self.year, 9, 20))
        room, spec = self.story.room, self.specs[1]
        key, grade = self.story.schools[spec.code], (self.year, spec.code, spec.grade)
        mine = self.places(spec)
        one, other = mine[0], mine[1]
        self._amend(key, grade, "class", [(one[0], self.standing(one), self.standing(one) % spec.classes + 1)])
        self._amend(key, grade, "leave", [(other[0], self.standing(other), 0)])
        old = self.shortlist(spec)
        rows = (replace(old.teachers[0], name="教师新"), *old.teachers[1:])
        acts.replace_teacher(
            room, key, self.approver, replace(old, teachers=rows), reason="absence", document=b"teacher"
        )

    def _amend(self, key: Any, grade: tuple[int, str, int], kind: str, moves: Sequence[tuple[str, int, int]]) -> None:
        asked = acts.request_amendment(self.story.room, key, grade, kind, moves, b"request")
        acts.approve_amendment(self.story.room, self.approver, asked.leaf().hex(), b"approval")

    def places(self, spec: SchoolSpec) -> list[Place]:
        """Children of a school who stand in a class, by nullifier."""
        now = at_bureau.children(self.story.room, self.year)
        return sorted(place for place, child in now.items() if place[1:] == (spec.code, spec.grade) and child.standing)

    def standing(self, place: Place) -> int:
        """A child's class now."""
        return at_bureau.children(self.story.room, self.year)[place].standing

    def complain(self, *, decide: bool = True) -> None:
        """A complaint, and its decision in time."""
        self.set_clock(date(self.year, 9, 25))
        number, spec = f"{self.year}-001", self.specs[0]
        acts.receive_complaint(
            self.story.room, number, year=self.year, channel="telephone", kind="class", school=spec.code,
            grade=spec.grade, words="孩子为什么在这个班", salt=self.story.randomness(32),
        )  # fmt: skip
        self.set_clock(date(self.year, 10, 9))
        if decide:
            acts.decide_complaint(self.story.room, self.approver, number, "unfounded", b"reply")

    def register(self, edit: Edit = lambda _rows: None) -> None:
        """The export of student registration, compared. `edit`: what was done to it on the way."""
        self.set_clock(date(self.year, 10, 15))
        path = self.export(edit)
        registration.check_registration(self.story.room, [path], self.year)
        self.ask()

    def export(self, edit: Edit = lambda _rows: None) -> Path:
        """Write the export as the schools keep it: everybody where they stand, teachers as drawn or replaced."""
        room = self.story.room
        known = registration.gather(room, self.year)
        people = registration.people(room, known)
        names = {spec.code: spec.name for spec in self.specs}
        rows: list[Row] = []
        for (mark, code, grade), child in sorted(at_bureau.children(room, self.year).items()):
            if not child.standing:
                continue
            student = people[mark]
            teacher = self.teacher(code, grade, child.standing)
            rows.append([
                code, names[code], GRADE_WORDS[grade], f"{child.standing}班", student.name,
                DOCUMENT_WORDS.get(student.document_type, student.document_type), student.document_number,
                student.registration, teacher,
            ])  # fmt: skip
        edit(rows)
        book = openpyxl.Workbook()
        sheet = book.active
        if sheet is not None:
            sheet.append(list(HEADINGS))
            for row in rows:
                sheet.append(row)
        path = self.folder / "exports" / f"{self.year}.xlsx"
        write_durable(path, xlsx_bytes(book))
        return path

    def teacher(self, code: str, grade: int, of_class: int) -> str:
        """Whom a class has: the one whose lot it was, or who came in that place."""
        spec = next(s for s in self.specs if s.code == code)
        data = kept(self.story.room, PUBLIC, self.story.room.view.book.shortlist((self.year, code, grade)))
        if data is None or of_class > spec.classes:
            return ""
        return Shortlist.parse(data).teachers[self.numbers(spec)[of_class - 1] - 1].name

    def finish(self) -> None:
        """The inspectors come, and what they found is entered."""
        self.set_clock(date(self.year, 11, 10))
        self.ask()
        found = self.inspect()
        report.enter(self.story.room, found, self.year, report.report_file(found, self.story.room.view, self.year))

    # What inspectors have

    def material(self) -> Material:
        """The workspace without its private store, a holder's key, discs and films."""
        discs = sorted((self.folder / "discs").glob("*/*.iso")) if self.discs else []
        films = [self.folder / "films"]
        return Material(self.story.room, self.story.holders["h1"], self.notes(), discs, films, self.brought)

    def notes(self) -> list[Path]:
        """The witness's last checkpoint, as it hands it out."""
        found = []
        for number, origin in enumerate(self.witness.store.origins()):
            path = self.folder / "kept" / f"witness-{number}.note"
            write_durable(path, str(self.witness.store.latest(origin)).encode())
            found.append(path)
        return found

    def inspect(self, years: Sequence[int] = ()) -> Inspection:
        """Inspect the year, or those named."""
        return inspect(self.material(), years or (self.year,), today=self.story.clock.now.date() + timedelta(days=1))
