"""Wrongdoing, planted one at a time into an honest county, and what the inspection must call it (spec/year.md Y7).

Each begins at a copy of the honest county as it stood after some step, and goes on as whoever cheats would.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from ledger.canonical import decode, encode
from ledger.entry import parse_entry
from ledger.store import Store
from verifiable_draw import conduct
from verifiable_draw.archive import bag, image, recovery
from verifiable_draw.conduct import computing
from verifiable_draw.county import SchoolSpec, generate_students
from verifiable_draw.files import write_durable
from verifiable_draw.inspection import Inspection
from verifiable_draw.rosters import Student
from verifiable_draw.simulation import wrongs_office as office
from verifiable_draw.simulation.ceremony import OBSERVERS
from verifiable_draw.simulation.years import SCHOOLS, County, Row
from verifiable_draw.year import acts, registration
from verifiable_draw.year.shelves import INSPECTORS, PUBLIC, keep

CLASS, NAME, NUMBER, TEACHER = 3, 4, 6, 8  # columns of an export


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is done, the county's step after which it begins, the finding it must give, and others that may come along."""

    zh: str
    en: str
    after: str
    act: Callable[[County], None]
    finding: str
    along: Sequence[str] = ()


def plant(honest: County, wrong: Wrong, folder: Path) -> tuple[County, Inspection]:
    """Let it happen in a copy of the honest county, and inspect that."""
    county = County.copy(honest, folder)
    wrong.act(county)
    return county, county.inspect()


def stages(folder: Path) -> dict[str, County]:
    """The honest county after every step of its year, and before the first (""), each in a folder of its own."""
    county = County(folder / "start")
    found = {"": county}
    county = County.copy(county, folder / "founded")
    for step in County.STEPS:
        getattr(county, step)()
        found[step] = county
        county = County.copy(county, folder / step)
    county.close()
    return found


def caught(wrong: Wrong, found: Inspection) -> tuple[bool, list[str]]:
    """Whether the finding is there, and violations and open points that nothing explains."""
    types = {one.type for one in found.findings if one.severity != "note"}
    return wrong.finding in types, sorted(types - {wrong.finding, *wrong.along})


# Draws


def _second_draw(county: County) -> None:
    """The result does not suit; it is annulled on a pretext and drawn again."""
    story = county.story
    paper = county.folder / "papers" / "decision.txt"
    write_durable(paper, "系统故障".encode())
    draws = [draw.id for draw in story.session.frozen_header().draws]
    conduct.annul(story.room, county.session, draws, "系统故障", paper, county.approver)
    county.ask()
    county.students(f"{county.year}-again")
    county.run(after="students")


def _ghost(county: County) -> None:
    """A child who does not exist is drawn and keeps a place free."""

    def with_ghost() -> None:
        spec = county.specs[0]
        for draw in county.story.session.plan.draws.values():
            mine = list(county.children(next(s for s in county.specs if s.code == draw.school)))
            if draw.school == spec.code:
                mine += generate_students(replace(spec, students=1), "ghost")
            county.roster(draw.id, mine)

    county.rosters = with_ghost  # type: ignore[method-assign]
    county.students()
    ghosts = {one.document_number for one in generate_students(replace(county.specs[0], students=1), "ghost")}

    def without(rows: list[Row]) -> None:
        rows[:] = [row for row in rows if row[NUMBER] not in ghosts]

    county.run(after="students", register=lambda: county.register(without))


def _no_consultative(county: County) -> None:
    """The consultative conference is not invited."""
    county.students(observers={name: role for name, role in OBSERVERS.items() if role != "consultative"})
    county.run(after="students")


def _roster_after_header(county: County) -> None:
    """Two units change places in the published roster, to fit children to classes that are known."""
    path = county.story.room.path(county.session, "draws/d1/units.json")
    value: Any = decode(path.read_bytes())
    value["units"][0], value["units"][1] = value["units"][1], value["units"][0]
    path.write_bytes(encode(value))


def _result_exchanged(county: County) -> None:
    """The class list in the bureau's folder is another than the one that was drawn."""
    path = county.story.room.path(county.session, "draws/d1/result.json")
    value: Any = decode(path.read_bytes())
    value["classes"].reverse()
    path.write_bytes(encode(value))


def _record_missing(county: County) -> None:
    """Part of the record is lost."""
    county.story.room.path(county.session, "draws/d2/groups.json").unlink()


def _statement_embellished(county: County) -> None:
    """The balance is stated better than it is."""
    path = county.story.room.path(county.session, "statement.json")
    value: Any = decode(path.read_bytes())
    value["draws"][0]["certificate"][0]["reached"] += 1
    path.write_bytes(encode(value))


def _statement_shortened(county: County) -> None:
    """The balance of a draw is left out of the statement."""
    path = county.story.room.path(county.session, "statement.json")
    value: Any = decode(path.read_bytes())
    del value["draws"][0]
    path.write_bytes(encode(value))


def _groups_by_hand(county: County) -> None:
    """Groups are not formed by the rule, and no holder is asked to check them."""
    honest = computing.compute_groups

    def other(tasks: Sequence[Any], *_: Any) -> list[bytes]:
        return honest([(data, name, bytes(32), number) for data, name, _key, number in tasks])

    computing.compute_groups = other  # type: ignore[assignment]
    try:
        county.story.check = lambda _holder="h1": None  # type: ignore[method-assign,assignment]
        county.students()
    finally:
        computing.compute_groups = honest
    county.run(after="students")


def _pins(county: County) -> None:
    """A child is given its class before the draw, and there are no papers."""

    def pinned() -> None:
        for draw in county.story.session.plan.draws.values():
            mine = list(county.children(next(s for s in county.specs if s.code == draw.school)))
            if draw.id == "d1":
                at = next(i for i, one in enumerate(mine) if not one.twin_group)
                mine[at] = replace(mine[at], pin_class=1, pin_reason="protection")
            county.roster(draw.id, mine)

    county.rosters = pinned  # type: ignore[method-assign]
    county.students(pins=["protection"])
    county.run(after="students")


def _rehearsal(county: County) -> None:
    """What was drawn is only a rehearsal, and is given out as the result."""
    county.students(rehearsal=True)
    county.run("lots", "students")


def _not_drawn(county: County) -> None:
    """A school divides its children by itself."""
    kept = county.specs[:1]
    story, specs = county.story, county.specs
    story.specs = kept
    try:
        county.students()
    finally:
        story.specs = specs
    county.lots()


def _discipline_stays_away(county: County) -> None:
    """Discipline inspection is not at the lots of the school that it watches."""
    for spec in county.specs:
        county.lot(spec, {"parent": 5})
    county.run(after="lots")


def _filed_after_the_lots(county: County) -> None:
    """A school files once more after its lots, with the teacher whom it wants in the place of the one it drew."""
    spec = county.specs[0]
    key, old = county.story.schools[spec.code], county.shortlist(spec)
    wanted = replace(old, teachers=(replace(old.teachers[0], name="教师想要"), *old.teachers[1:]))
    acts.file_grade(county.story.room, key, wanted, students=spec.students, classes=spec.classes, document=b"again")
    acts.approve_filing(county.story.room, county.approver, (county.year, spec.code, spec.grade))
    county.run(after="lots")


def _shortlist_rewritten(county: County) -> None:
    """The file of the shortlist is changed so that it names the teacher whom the school took."""
    spec = county.specs[0]
    name = county.story.room.view.book.shortlist((county.year, spec.code, spec.grade))
    path = county.story.room.folder / PUBLIC / f"{name}.json"
    path.write_bytes(path.read_bytes().replace("教师11".encode(), "名师某".encode()))


def _filed_afterwards(county: County) -> None:
    """Schools file only when the numbers are known."""
    county.run("lots", "file")
    county.file()
    county.run(after="lots")


def _no_lots(county: County) -> None:
    """Classes get the teachers whom the school likes."""
    county.run(after="lots")


# Late students, moves, registration


def _late_steered(county: County) -> None:
    """The late draw is told that one class is fuller than it is, so that the late go to the other."""

    def lie(stood: list[int]) -> list[int]:
        return [stood[0] - 2, *stood[1:]]

    county.late(sizes_of=lie)
    county.run(after="late")


def _late_in_secret(county: County) -> None:
    """The late draw is held on a day that was not announced."""
    county.late(day=date(county.year, 9, 12))
    county.run(after="late")


def _rules_changed(county: County) -> None:
    """A late draw on a day that nobody knew, made lawful by entering the year's rules once more."""
    day = date(county.year, 9, 12)
    county.set_clock(date(county.year, 9, 8))
    old = county.story.room.view.book.rules(county.year)
    body = old.body if old else {}
    acts.open_year(
        county.story.room, county.approver, county.year, document=b"new plan", draw_by=date.fromisoformat(body["draw_by"]),
        term=(date.fromisoformat(body["term"][0]), date.fromisoformat(body["term"][1])),
        complaint_days=body["complaint_days"], late_dates=[day], watched=body["watched"],
    )  # fmt: skip
    county.late(day=day)
    county.run(after="late")


def _drawn_late(county: County) -> None:
    """Children are divided when the term has begun."""
    county.set_clock(date(county.year, 9, 2))
    county.students()
    county.run(after="students")


def _dropped(county: County) -> None:
    """A school disappears from the register, and nobody divides its children before witnesses."""
    school = county.specs[0].code
    rows = list(county.story.room.view.registers[county.year]["schools"])
    gone = [row for row in rows if row["school"] != school]
    county.story.room.operate("", "register", {"schools": gone, "year": county.year})
    county.run(after="complain")


def _registered_otherwise(edit: Callable[[list[Row]], None]) -> Callable[[County], None]:
    def act(county: County) -> None:
        county.register(edit)

    return act


def _to_class(row: Row, rows: list[Row], name: str) -> Row:
    """The row as it were in another class of its school, with the teacher of that one."""
    other = next(one for one in rows if (one[0], one[CLASS]) == (row[0], name))
    return [*row[:CLASS], name, *row[CLASS + 1 : TEACHER], other[TEACHER]]


def _other_class(rows: list[Row]) -> None:
    rows[0] = _to_class(rows[0], rows, "2班" if rows[0][CLASS] == "1班" else "1班")


def _other_teacher(rows: list[Row]) -> None:
    for row in rows:
        if (row[0], row[CLASS]) == (rows[0][0], "1班"):
            row[TEACHER] = "名师某"


def _gone(rows: list[Row]) -> None:
    del rows[3]


def _added(rows: list[Row]) -> None:
    stranger: Student = generate_students(replace(_spec(rows), students=1), "stranger")[0]
    rows.append([*rows[0][:NAME], stranger.name, "居民身份证", stranger.document_number, "", rows[0][TEACHER]])


def _spec(rows: list[Row]) -> SchoolSpec:
    return next(spec for spec in SCHOOLS if spec.code == rows[0][0])


def _twice(rows: list[Row]) -> None:
    other = "2班" if rows[2][CLASS] == "1班" else "1班"
    rows.append(_to_class(rows[2], rows, other))


def _unapproved_move(county: County) -> None:
    """A school moves a child: it asks, nobody approves, it does it all the same."""
    spec = county.specs[0]
    place = county.places(spec)[0]
    old = county.standing(place)
    acts.request_amendment(
        county.story.room, county.story.schools[spec.code], (county.year, spec.code, spec.grade), "class",
        [(place[0], old, old % spec.classes + 1)], b"request",
    )  # fmt: skip
    known = registration.gather(county.story.room, county.year)
    number = registration.people(county.story.room, known)[place[0]].document_number

    def moved(rows: list[Row]) -> None:
        new = f"{old % spec.classes + 1}班"
        rows[:] = [_to_class(row, rows, new) if row[NUMBER] == number else row for row in rows]

    county.register(moved)


def _export_doctored(county: County) -> None:
    """The bureau audits a doctored export; inspectors take their own from the registration system."""
    county.register()
    kept = county.folder / "own.xlsx"
    shutil.copy(county.export(_other_class), kept)
    county.brought = [kept]


def _row_left_out(county: County) -> None:
    """The bureau enters an audit from which one child's change of class was taken out."""
    county.set_clock(date(county.year, 10, 15))
    room = county.story.room
    known = registration.gather(room, county.year)
    honest = registration.compared(known, registration.read_files(known, [county.export(_other_class)]))
    (gone,) = (row for row in honest.rows if row.kind == "moved")
    schools = [
        {**one, "moved": 0} if (one["school"], one["grade"]) == (gone.school, gone.grade) else one
        for one in honest.schools
    ]
    audit = replace(honest, rows=[row for row in honest.rows if row is not gone], schools=schools)
    keep(room, INSPECTORS, audit.encode())
    room.operate("", "registration.checked", audit.body())


def _audit_embellished(county: County) -> None:
    """The bureau enters that nothing differs, though a child has another class."""
    county.set_clock(date(county.year, 10, 15))
    known = registration.gather(county.story.room, county.year)
    export = registration.read_files(known, [county.export(_other_class)])
    checked = registration.enter(county.story.room, known, export)
    path = county.story.room.folder / INSPECTORS / f"{checked.entry.message.body['report']}.json"
    value: Any = decode(path.read_bytes())
    value["rows"] = []
    path.write_bytes(encode(value))


def _never_audited(_county: County) -> None:
    """Student registration is not compared with the result."""


def _complaint_unanswered(county: County) -> None:
    """Nobody answers a complaint."""
    county.complain(decide=False)
    county.run(after="complain")


def _complaint_put_off(county: County) -> None:
    """A complaint gets a term of its own, so that it is never overdue."""
    county.set_clock(date(county.year, 9, 25))
    spec = county.specs[0]
    acts.receive_complaint(
        county.story.room, f"{county.year}-009", year=county.year, channel="letter", kind="class", school=spec.code,
        grade=spec.grade, words="请尽快答复", salt=county.story.randomness(32), came=date(county.year + 2, 1, 1),
    )  # fmt: skip
    county.run(after="complain")


def _not_filed(county: County) -> None:
    """Schools are drawn that have filed nothing."""
    county.run(after="file", move=lambda: None)


def _more_than_filed(county: County) -> None:
    """More children are drawn than the school has filed."""
    spec = county.specs[0]
    county.specs = (replace(spec, students=spec.students - 1), *county.specs[1:])
    county.file()
    county.specs = (spec, *county.specs[1:])
    county.run(after="file")


# Ledger, discs, films


def _cut(county: County, entries: int) -> None:
    """Put a ledger of the first entries in the place of the whole one."""
    room = county.story.room
    lines = list(room.store.read(0, entries))
    room.close()
    path = room.folder / "ledger.db"
    for old in path.parent.glob("ledger.db*"):
        old.unlink()
    store = Store.create(path)
    for line in lines:
        entry = parse_entry(line)
        store.append(store.head, entry.time, [entry.message])
    store.checkpoint(county.story.room.view.origin, county.story.keys["operator"].seed)
    store.close()
    shutil.rmtree(county.folder / "state", ignore_errors=True)
    county.story.room = county.story.another()


def _deleted_entries(county: County) -> None:
    """The last entries are deleted: the complaint and the audit never happened. The witness has seen them."""
    county.discs = False
    _cut(county, county.story.room.store.head.size - 4)


def _old_database(county: County) -> None:
    """A backup from before the late draw is put back; its disc is in the cupboard."""
    size = next(
        seq
        for seq, line in enumerate(county.story.room.store.read())
        if f'"session":"{county.year}-bulu"'.encode() in line
    )
    _cut(county, size)
    county.notes = list  # type: ignore[method-assign]


def _history_anew(county: County) -> None:
    """The whole year is made anew with other words; the witness holds the checkpoint of the first one."""
    kept = county.notes()
    for path in kept:
        shutil.copy(path, county.folder / "first.note")
    fresh = County(county.folder / "fresh", county.specs, discs=False)
    fresh.set_clock(date(county.year, 6, 2))
    fresh.run("lots")
    fresh.run(after="lots")
    fresh.discs = False
    county.story.room.close()
    county.story = fresh.story
    county.discs = False
    county.notes = lambda: [county.folder / "first.note"]  # type: ignore[method-assign]


def _forged_disc(county: County) -> None:
    """A disc with another class list, its own hashes in order."""
    (disc,) = (county.folder / "discs" / county.session).glob("*.iso")
    folder = county.folder / "forged"
    image.extract(disc, folder)
    path = next((folder / bag.DATA / "record" / "draws").glob("d1/result.json"))
    value: Any = decode(path.read_bytes())
    value["classes"].reverse()
    path.write_bytes(encode(value))
    record = folder / bag.DATA / "record" / "RECORD.json"
    listed: Any = decode(record.read_bytes())
    for row in listed["files"]:
        data = (record.parent / row["path"]).read_bytes()
        row["sha256"], row["size"] = hashlib.sha256(data).hexdigest(), len(data)
    record.write_bytes(encode(listed))
    info = (folder / bag.INFO).read_text()
    readme = (folder / "README.txt").read_text() if (folder / "README.txt").exists() else ""
    pairs = dict(
        line.split(": ", 1) for line in info.splitlines() if ": " in line and not line.startswith("Payload-Oxum")
    )
    shutil.rmtree(disc.parent)
    for old in folder.glob("*.par2"):
        old.unlink()
    bag.close_bag(folder, pairs, readme)
    recovery.create(folder)
    disc.parent.mkdir()
    shutil.move(folder, disc.parent / "disc.iso")


def _scratched_disc(county: County) -> None:
    """A disc that can't be read."""
    (disc,) = (county.folder / "discs" / county.session).glob("*.iso")
    disc.write_bytes(b"\x00" * 4096)


def _film_exchanged(county: County) -> None:
    """The film of the room is another one."""
    path = county.folder / "films" / county.session / "camera-1.mp4"
    path.write_bytes(b"cut " + path.read_bytes()[4:])


def _film_lost(county: County) -> None:
    """The film is not there any more."""
    shutil.rmtree(county.folder / "films" / county.session)


def _no_film(county: County) -> None:
    """Nobody filmed, nothing was burned."""
    (county.folder / "films").mkdir(exist_ok=True)
    county.keep = lambda _session: None  # type: ignore[method-assign,assignment]
    county.students()
    county.run(after="students")


WRONGS: dict[str, Wrong] = {
    # Papers of the year
    "never-opened": Wrong("不录入全年安排", "the year never opened", "", office.never_opened, "year-not-opened"),
    "opened-late": Wrong("抽完才录入全年安排", "the year opened after the draw", "", office.opened_late, "year-late", ("not-filed", "filed-again", "lots-early")),
    "exempted": Wrong("登记表里改成一个班", "a school made exempt in the register", "file", office.exempted, "register-dropped"),
    "lots-again": Wrong("抽签不合意再抽一次", "lots drawn again", "lots", office.lots_again, "lots-again", ("teacher-differs",)),
    "lots-first": Wrong("先抽签再报名单", "lots before the shortlist", "begin", office.lots_first, "lots-early", ("not-filed", "filed-again", "filing-open")),
    "teachers-exchanged": Wrong("三次更换对调两位班主任", "two teachers exchanged by three replacements", "late", office.teachers_exchanged, "teacher-returned"),
    "moved-before-draw": Wrong("抽取之前批准调班", "a move approved before the draw", "file", office.moved_before_the_draw, "amendment-misfit"),
    "own-class": Wrong("另组一个没抽过的班", "a class that nobody drew", "late", office.own_class, "class-not-drawn", ("late-sizes", "teacher-differs")),
    "entered-by-hand": Wrong("批准转入指定的班", "a child approved straight into a class", "late", office.entered_by_hand, "entered-unplaced"),
    "drawn-twice": Wrong("对结果不满的学生再补录一次", "a child drawn once more as late", "lots", office.drawn_twice, "drawn-twice"),
    "audited-again": Wrong("用改过的表再核对一次", "a second audit, of a doctored export", "complain", office.audited_again, "audit-corrected"),
    "inspection-shortened": Wrong("年检条目漏掉违规", "an inspection entered without a finding", "complain", office.inspection_shortened, "inspection-differs", ("class-changed", "teacher-differs")),
    "delay-rewritten": Wrong("改写公布的延时文件", "a published file rewritten", "register", office.delay_rewritten, "record-differs"),
    "set-back": Wrong("把电脑时间调回去补答复", "a clock set back to answer in time", "move", office.clock_set_back, "time-set-back"),
    "empty-disc": Wrong("用空文件充当光盘", "an empty file entered as the disc", "file", office.empty_disc, "archive-differs", ("disc-missing",)),
    # Draws, registration, complaints, ledger and discs
    "second-draw": Wrong("结果不合意，撤销后重抽", "a second draw after an unwelcome result", "students", _second_draw, "redrawn", ("annulled",)),
    "class-changed": Wrong("学籍中悄悄换班", "a class changed quietly in student registration", "complain", _registered_otherwise(_other_class), "class-changed"),
    "teacher-swapped": Wrong("换掉抽到的班主任", "a teacher swapped", "complain", _registered_otherwise(_other_teacher), "teacher-differs"),
    "ghost": Wrong("虚报一名学生占位", "a ghost student", "file", _ghost, "child-missing", ("students-differ",)),
    "late-steered": Wrong("操纵补录学生的班级", "late students steered", "lots", _late_steered, "late-sizes"),
    "rules-changed": Wrong("事后改补录日期", "late dates changed afterwards", "lots", _rules_changed, "late-date", ("rules-changed",)),
    "drawn-late": Wrong("截止日期之后才分班", "classes drawn after the date due", "file", _drawn_late, "drawn-late"),
    "school-dropped": Wrong("登记表里去掉一所学校", "a school dropped from the register", "complain", _dropped, "register-dropped"),
    "late-in-secret": Wrong("不按公布的日期补录", "a late draw on an unannounced day", "lots", _late_in_secret, "late-date"),
    "roster-after-header": Wrong("总表之后改名册", "a roster changed after the header", "finish", _roster_after_header, "draw", ("late-sizes", "audit-differs")),
    "role-missing": Wrong("没有政协委员监督", "an observers' role missing", "file", _no_consultative, "role-missing"),
    "transfer": Wrong("擅自转学", "an unapproved transfer", "complain", _registered_otherwise(_gone), "child-missing"),
    "unapproved-move": Wrong("申请未批就调班", "a move that nobody approved", "complain", _unapproved_move, "class-changed", ("request-open",)),
    "never-drawn": Wrong("学籍里有没参加分班的学生", "a child registered that was never drawn", "complain", _registered_otherwise(_added), "child-extra"),
    "registered-twice": Wrong("一名学生两个学籍", "a child registered twice", "complain", _registered_otherwise(_twice), "child-double"),
    "export-doctored": Wrong("核对用的学籍表被改过", "a doctored export audited", "complain", _export_doctored, "class-changed"),
    "row-left-out": Wrong("学籍核对漏掉一人", "a child left out of the audit", "complain", _row_left_out, "audit-differs", ("entries-unwitnessed",)),
    "audit-embellished": Wrong("学籍核对报告造假", "an embellished audit", "complain", _audit_embellished, "audit-differs", ("entries-unwitnessed",)),
    "never-audited": Wrong("没有核对学籍", "student registration never compared", "complain", _never_audited, "not-audited", ("entries-unwitnessed",)),
    "deleted-entries": Wrong("删掉账本最后几条", "deleted entries", "register", _deleted_entries, "ledger-shorter", ("not-audited", "complaint-open", "no-disc", "not-witnessed", "no-cosignatures", "entries-unwitnessed")),
    "old-database": Wrong("恢复旧数据库", "an old database restored", "register", _old_database, "ledger-shorter", ("not-audited", "archive-differs", "ledger-other", "not-witnessed", "no-cosignatures", "entries-unwitnessed")),
    "history-anew": Wrong("重做整个账本", "history made anew", "students", _history_anew, "ledger-other", ("no-disc", "film-missing")),
    "forged-disc": Wrong("伪造备份光盘", "a forged disc", "register", _forged_disc, "archive-differs", ("disc-missing",)),
    "scratched-disc": Wrong("备份光盘读不出", "a disc that cannot be read", "register", _scratched_disc, "archive-unreadable", ("disc-missing",)),
    "film-exchanged": Wrong("换掉录像", "the film exchanged", "register", _film_exchanged, "film-differs"),
    "film-lost": Wrong("录像丢失", "the film lost", "register", _film_lost, "film-missing"),
    "nothing-kept": Wrong("没有录像、没有刻盘", "no film and no disc", "file", _no_film, "no-film", ("no-disc",)),
    "complaint-put-off": Wrong("把投诉期限写到两年后", "a complaint's term put off", "complain", _complaint_put_off, "complaint-term", ("complaint-open",)),
    "complaint-unanswered": Wrong("投诉不答复", "a complaint unanswered", "move", _complaint_unanswered, "complaint-open"),
    "pins": Wrong("固定学生的班级而没有材料", "pins without papers", "file", _pins, "pins-unsupported"),
    "rehearsal": Wrong("拿演练结果当正式结果", "a rehearsal passed as real", "file", _rehearsal, "rehearsed-only"),
    "not-drawn": Wrong("学校自行分班", "a grade never drawn", "file", _not_drawn, "not-drawn", ("not-audited",)),
    "result-exchanged": Wrong("换掉分班名单", "another class list in the folder", "students", _result_exchanged, "result", ("statement", "teachers-not-drawn", "not-audited")),
    "record-missing": Wrong("公开记录缺文件", "a record with a file missing", "register", _record_missing, "record-missing"),
    "statement-shortened": Wrong("均衡说明漏掉一次抽取", "a draw left out of the statement", "register", _statement_shortened, "statement"),
    "statement-embellished": Wrong("均衡说明造假", "an embellished balance statement", "register", _statement_embellished, "statement"),
    "groups-by-hand": Wrong("不按规则分组", "groups formed by hand", "file", _groups_by_hand, "groups", ("unchecked-groups",)),
    "discipline-absent": Wrong("热点学校抽签没有纪检", "discipline inspection absent", "students", _discipline_stays_away, "discipline-missing"),
    "filed-after-lots": Wrong("抽签后重新备案换教师", "another shortlist filed after the lots", "lots", _filed_after_the_lots, "filed-again"),
    "shortlist-rewritten": Wrong("改写教师名单文件", "the shortlist's file rewritten", "register", _shortlist_rewritten, "shortlist-missing"),
    "no-lots": Wrong("班主任没有抽签", "teachers not drawn", "students", _no_lots, "teachers-not-drawn"),
    "filed-afterwards": Wrong("分班以后才备案", "filed after the draw", "begin", _filed_afterwards, "not-filed", ("filed-again", "lots-early")),
    "not-filed": Wrong("没有备案就分班", "drawn without a filing", "begin", _not_filed, "not-filed"),
    "more-than-filed": Wrong("抽取人数多于备案", "more drawn than filed", "begin", _more_than_filed, "students-differ"),
}  # fmt: skip
