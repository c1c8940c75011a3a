"""A whole rehearsal on a generated county: `python -m verifiable_draw.demo [FOLDER]` (spec/README.md).

Every step is a command of its own, as people in the room would give it: the bureau's on one "machine" (a folder),
nine observers, a holder of the sealed rosters and a witness on theirs, with packets carried between them. One observer
withholds, one reveals something else; a school sends a messy workbook, another a wrong one and then a corrected one.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from ledger.canonical import VERSION, decode, encode
from verifiable_draw.cli import main as main_program
from verifiable_draw.county import SchoolSpec, generate_students, school_specs, write_workbook
from verifiable_draw.files import write_durable
from verifiable_draw.verifier_file import build as build_verifier

SEED = "verifiable-draw demo"
SCHOOLS, STUDENTS = 13, 4160
YEAR, SESSION = 2026, "2026-rehearsal"
ORIGIN, BUREAU = "demo-county.example/ledger", "示范县教育局"
WITNESS = "city.example/witness"
OBSERVERS = {
    "bureau-1": "bureau", "discipline-1": "discipline", "congress-1": "congress", "consultative-1": "consultative",
    "parent-1": "parent", "parent-2": "parent", "parent-3": "parent", "notary-1": "notary", "other-1": "other",
}  # fmt: skip
# Seconds. Wide, because here nine devices wait for two processes: what counts for each is the time from its own opening
# to its own look at the closed reveals (C17), and others' turns lie between.
WINDOW = 60
WITHHOLDS, WRONG = "other-1", "notary-1"
MESSY, FAULTY = 1, 2
MESS = ("extra_title", "fullwidth", "blank_rows", "notes", "lower_x")
FAULTS = ("bad_check", "missing_sex", "unknown_nation")


def command(arguments: list[str]) -> tuple[object, str]:
    """Run one command of `vdraw` in this process: its exit code, and what it printed."""
    output = io.StringIO()
    code: object = 0
    with redirect_stdout(output), redirect_stderr(output):
        try:
            main_program(arguments)
        except SystemExit as end:
            code = end.code or 0
    return code, output.getvalue()


class Demo:
    """The folders of a demo, and how its commands are run."""

    def __init__(self, folder: Path, schools: int = SCHOOLS, students: int = STUDENTS) -> None:
        self.schools, self.students = schools, students
        self.folder = folder
        self.room = folder  # so that the ledger and its sessions lie where the reader looks first
        self.stick = folder / "stick"
        self.packet = self.stick / "packet"
        self.started = time.monotonic()
        # Processes that have everything loaded: nine programs started anew at every step were too slow for the window
        # on a slow machine. Between two commands they keep nothing but opened keys; devices live in their files.
        self.devices = ProcessPoolExecutor(max_workers=2, mp_context=get_context("spawn"))

    def title(self, zh: str, en: str) -> None:
        """Say which step begins, and the seconds since the start."""
        print(f"[{time.monotonic() - self.started:5.1f} s] {zh} / {en}", flush=True)

    def run(self, *arguments: object, expect: int = 0) -> str:
        """Give one of the bureau's commands; its exit code must be the expected one."""
        code, output = command([str(argument) for argument in arguments])
        if code != expect:
            sys.exit(f"vdraw {arguments}\n{output}exit code {code}, expected {expect}")
        return output

    @staticmethod
    def run_alone(*arguments: object) -> None:
        """Give one of a holder's commands, in a process of its own."""
        line = [sys.executable, "-m", "verifiable_draw", *map(str, arguments)]
        done = subprocess.run(line, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
        if done.returncode:
            sys.exit(f"{' '.join(line)}\n{done.stdout}{done.stderr}exit code {done.returncode}")

    def observers(self, step: str, ending: str, who: Sequence[str]) -> list[Path]:
        """Every named observer takes one step, two at a time."""
        self.run("packet", self.packet)
        written, given = [], []
        for name in who:
            written.append(self.stick / f"{name}.{ending}.json")
            key = self.folder / "observers" / f"{name}.key"
            extra = ["--typed", f"dice of {name}"] if step == "commit" else []
            given.append(["observer", step, self.packet, SESSION, "--key", key, *extra, "--out", written[-1]])
        self.on_devices(given)
        return written

    def on_devices(self, commands: Sequence[Sequence[object]]) -> None:
        """Give observers' commands, in processes beside this one; each must succeed."""
        lines = [[str(argument) for argument in one] for one in commands]
        for line, (code, output) in zip(lines, self.devices.map(command, lines), strict=True):
            if code:
                sys.exit(f"vdraw {' '.join(line)}\n{output}exit code {code}")

    # The year before the day

    def county(self) -> tuple[SchoolSpec, ...]:
        """Generate schools and their workbooks: one messy, one faulty."""
        specs = school_specs(self.schools, self.students, SEED)
        drawn = [spec for spec in specs if spec.classes > 1]
        for spec in specs:
            students = generate_students(spec, SEED)
            mess: tuple[str, ...] = ()
            if spec == drawn[MESSY]:
                mess = MESS
            if spec == drawn[FAULTY]:
                write_workbook(self.workbook(spec, corrected=True), {"新生名册": students})
                mess = FAULTS
            write_workbook(self.workbook(spec), {"新生名册": students}, mess=mess)
        return specs

    def workbook(self, spec: SchoolSpec, *, corrected: bool = False) -> Path:
        """Path of a school's workbook."""
        return self.folder / "rosters" / f"{spec.code}-{spec.grade}{'-更正' if corrected else ''}.xlsx"

    def keys(self, specs: Sequence[SchoolSpec]) -> list[dict[str, str]]:
        """Found the ledger, make keys, register schools; returns the recipients for the plan."""
        self.run("init", ORIGIN, BUREAU)
        self.witness()
        recipients = []
        for name, holder in (("holder-1", "市教育局"), ("holder-2", "县档案馆")):
            out = self.run("key", self.folder / "holders" / f"{name}.key", name, "recipient")
            recipients.append(json.loads(out.strip().splitlines()[-1]) | {"name": holder})
        rows = [{"classes": s.classes, "grade": s.grade, "name": s.name, "school": s.code} for s in specs]
        path = self.folder / "schools.json"
        path.write_text(json.dumps(rows, ensure_ascii=False))
        self.run("register", path, YEAR)
        approver = self.room / "keys" / "approver.key"
        for code in sorted({s.code for s in specs if s.classes > 1}):
            key = self.folder / "schools" / f"{code}.key"
            out = self.run("key", key, code, "school")
            public = next(
                word.strip("，,.。") for word in out.replace("，", " ").split() if len(word.strip("，,.。")) == 64
            )
            self.run("add-key", code, public, "--approver", approver)
        return recipients

    def witness(self) -> None:
        """A neighbouring bureau becomes the ledger's permanent witness; it works with a stick here."""
        home = self.folder / "witness"
        self.run("witness", "init", home, WITNESS)
        self.run("witness", "add-log", home, self.run("ledger", "vkey").strip())
        keys = self.run("witness", "vkeys", home).split()
        lines = [f"witness city-{number} {key}" for number, key in enumerate(keys, 1)]
        write_durable(self.folder / "policy.txt", "\n".join([*lines, "quorum city-1", ""]).encode())
        self.run("ledger", "policy", self.folder / "policy.txt", "--approver", self.room / "keys" / "approver.key")
        self.witnessed()

    def witnessed(self) -> None:
        """The witness cosigns the last checkpoint."""
        request, answer = self.stick / "request.txt", self.stick / "answer.txt"
        self.run("ledger", "request", request)
        self.run("witness", "cosign", self.folder / "witness", request, answer)
        self.run("ledger", "cosigned", answer)

    def plan(self, recipients: list[dict[str, str]], changes: dict[str, Any] | None = None) -> dict[str, Any]:
        """Make, fill in and publish the plan of a rehearsal."""
        path = self.folder / "plan.json"
        self.run("plan", "new", path, SESSION, YEAR)
        value: dict[str, Any] = json.loads(path.read_text())
        verifier = hashlib.sha256(build_verifier()).hexdigest()
        value |= {
            "rehearsal": True,
            "title": "示范县2026年阳光分班演练",
            "contact": {
                "email": "fenban@demo-county.example", "phone": "0851-0000000",
                "site": "https://demo-county.example/fenban/",
            },
            "recipients": recipients,
            "quorum": {"covered": 5, "roles": {"congress": 1, "consultative": 1, "discipline": 1, "parent": 2}},
            "windows": {"attest": 600, "commit": 600, "reveal": WINDOW, "roster_to_header": 0},
            "delay": {"bits": 1024, "iterations": 480_000, "kind": "chiavdf-wesolowski", "segments": 8},
            "software": {"page": "", "source": "", "verifier": verifier, "version": "1"},
            **(changes or {}),
        }
        path.write_text(json.dumps(value, ensure_ascii=False, indent=1))
        self.run("plan", "publish", path)
        return value

    def rosters(self, plan: dict[str, Any], specs: Sequence[SchoolSpec]) -> None:
        """Import (one refused, then corrected), submit, approve, freeze."""
        files = [self.workbook(s) for s in specs if s.classes > 1]
        out = self.run("rosters", "import", *files, expect=1)
        (self.folder / "import.txt").write_text(out)
        left_out = ("读取", "名学生同名")  # progress, and one notice for every two children of one name
        shown = [line for line in out.splitlines() if not any(word in line for word in left_out)]
        print("    " + "\n    ".join(shown))
        faulty = [s for s in specs if s.classes > 1][FAULTY]
        self.run("rosters", "import", self.workbook(faulty, corrected=True))
        for draw in plan["draws"]:
            self.run("rosters", "submit", draw["id"], "--key", self.folder / "schools" / f"{draw['school']}.key")
        self.run("rosters", "approve", "--key", self.room / "keys" / "approver.key")
        self.run("rosters", "freeze")
        self.run("slips", "print", self.folder / "slips", plan["draws"][0]["id"])

    # The day

    def ceremony(self) -> None:
        """Header, commit, group, attest, reveal, attest, delay, seed, class lists."""
        self.title("观察员登记，生成总表", "observers enrolled, header")
        self.on_devices([
            ["observer", "key", self.folder / "observers" / f"{name}.key", name, "--role", role, "--out",
             self.stick / f"{name}.enrol.json"]
            for name, role in OBSERVERS.items()
        ])  # fmt: skip
        self.run("enrol", *sorted(self.stick.glob("*.enrol.json")))
        print("    " + self.run("header").strip().splitlines()[-2])
        self.title("承诺", "commit")
        committed = self.observers("commit", "commit", list(OBSERVERS))
        self.run("commit", *sorted(committed, key=lambda p: not p.name.startswith("bureau")))
        self.run("close", "commits")
        self.title("分组：区组、余数、32 种备选分组", "group: blocks, remainder, 32 bundlings")
        self.run("group")
        self.title("保管方独立重算分组；观察员核对并确认", "a holder recomputes the groups; observers check and attest")
        self.run("packet", self.packet)
        sealed = self.room / "sessions" / SESSION / "sealed"
        checked = self.stick / "checked.json"
        holder = self.folder / "holders" / "holder-1.key"
        self.run_alone("observer", "check-groups", self.packet, SESSION, sealed, "--key", holder, "--out", checked)
        self.run("checked", checked)
        self.run("attest", *self.observers("attest", "attest", list(OBSERVERS)))
        opened = time.monotonic()
        self.run("open")
        self.title(f"揭示：{WITHHOLDS} 不揭示，{WRONG} 揭示错误", f"reveal: {WITHHOLDS} withholds, {WRONG} is wrong")
        state = self.folder / "observers" / f"{WRONG}.device.json"
        value: Any = decode(state.read_bytes())
        value["sessions"][SESSION]["contribution"] = "00" * 32
        write_durable(state, encode(value))
        honest = [name for name in OBSERVERS if name != WITHHOLDS]
        self.run("reveal", *self.observers("reveal", "reveal", honest))
        self.title("半个窗口后截止，不等任何人", "closed after half the window; nobody is waited for")
        time.sleep(max(0.0, opened + WINDOW / 2 + 2 - time.monotonic()))
        self.run("close", "reveals")
        honest.remove(WRONG)
        self.run("attest", *self.observers("attest", "covered", honest))
        print("    " + self.run("close", "coverage").strip().splitlines()[-2])
        self.cosign(honest, "coverage")
        self.title("延时计算（演练用短延时）", "delay (short, as this is a rehearsal)")
        self.run("delay")
        self.title("种子，分班", "seed, class lists")
        print("    " + self.run("seed").strip().splitlines()[-2])
        self.run("allocate")
        self.run("lists", self.folder / "lists")

    def cosign(self, who: Sequence[str], ending: str) -> None:
        """Observers cosign the present checkpoint."""
        self.run("cosign", *self.observers("cosign", f"{ending}.cosign", who))

    # After the draw

    def publish(self) -> None:
        """Publish, have the last checkpoint cosigned, publish again with the cosignatures."""
        self.run("publish", self.folder / "record")
        self.cosign([name for name in OBSERVERS if name != WITHHOLDS], "published")
        self.witnessed()
        self.run("publish", self.folder / "record")
        self.run("ledger", "export", self.folder / "public")
        note = max((self.folder / "record" / "ledger" / "checkpoints").iterdir()).read_text().split("\n")
        header = json.loads((self.folder / "record" / "header.json").read_text())
        keys = {o["id"]: o["key"] for o in header["observers"]}
        genesis = json.loads((self.folder / "record" / "ledger" / "entries.jsonl").read_text().split("\n")[0])
        root = base64.b64decode(note[2]).hex()
        vkey = self.run("witness", "vkeys", self.folder / "witness").split()[0]
        witness = {"key": base64.b64decode(vkey.split("+", 2)[2])[1:].hex(), "name": WITNESS}
        trust = {
            "checkpoint": {"root": root, "size": int(note[1])},
            "observers": [keys["parent-1"]],
            "operator": genesis["body"]["keys"][0]["key"],
            "origin": ORIGIN,
            "version": VERSION,
            "witnesses": [witness],
            "witnesses_required": 1,
        }
        write_durable(self.folder / "trust.json", encode(trust))

    def verify(self, record: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
        """The standalone verifier in its own process: exit code and report."""
        command = [sys.executable, "-m", "verifier", str(record), "--json", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode not in (0, 1, 3):
            sys.exit(done.stdout + done.stderr)
        return done.returncode, json.loads(done.stdout)

    def tampered(self) -> Path:
        """A copy of the record in which two students of different classes are exchanged, hashes repaired."""
        copy = self.folder / "record-altered"
        shutil.copytree(self.folder / "record", copy)
        path = next(iter(sorted((copy / "draws").iterdir()))) / "result.json"
        value: Any = decode(path.read_bytes())
        other = next(i for i, number in enumerate(value["classes"]) if number != value["classes"][0])
        classes = value["classes"]
        classes[0], classes[other] = classes[other], classes[0]
        path.write_bytes(encode(value))
        record: Any = decode((copy / "RECORD.json").read_bytes())
        for row in record["files"]:
            if copy / row["path"] == path:
                row["sha256"], row["size"] = hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size
        (copy / "RECORD.json").write_bytes(encode(record))
        return copy


def main(folder: Path) -> None:
    """Run the whole demo in an empty folder."""
    if folder.exists():
        shutil.rmtree(folder)
    (folder / "rosters").mkdir(parents=True)
    demo = Demo(folder)
    os.environ |= {
        "VDRAW_ROOM": str(demo.room),
        "VDRAW_SESSION": SESSION,
        "VDRAW_STATE": str(folder / "state"),
        "VDRAW_PASSPHRASE": "demo",  # instead of asking at every key file
    }
    demo.title(
        f"生成一个县：{SCHOOLS} 所学校，{STUDENTS} 名学生", f"a county of {SCHOOLS} schools and {STUDENTS} students"
    )
    specs = demo.county()
    demo.title("账本、密钥、见证方、学校登记、方案", "ledger, keys, witness, register, plan")
    plan = demo.plan(demo.keys(specs))
    demo.title("导入、提交、审定、冻结名册", "import, submit, approve and freeze rosters")
    demo.rosters(plan, specs)
    demo.ceremony()
    demo.title("发布记录，观察员联署", "publish the record, observers cosign")
    demo.publish()
    demo.title("独立验证程序", "the standalone verifier")
    record = folder / "record"
    plain, first = demo.verify(record)
    trusted, second = demo.verify(record, "--trust", str(folder / "trust.json"))
    altered, third = demo.verify(demo.tampered())
    demo.title("公示网站和文件", "the public site and papers")
    demo.run("site", "build", folder / "site")
    demo.run("documents", SESSION, folder / "papers", "--no-pdf", "--only", "plan", "--only", "minutes")
    demo.title("年检：重放账本", "inspection: replay the ledger")
    holder = folder / "holders" / "holder-1.key"
    demo.run("inspect", demo.room / "ledger.db", "--key", holder, "--out", folder / "inspection")
    summary(folder, specs, (plain, first), (trusted, second), (altered, third))
    demo.devices.shutdown()


def summary(
    folder: Path,
    specs: Sequence[SchoolSpec],
    plain: tuple[int, dict[str, Any]],
    trusted: tuple[int, dict[str, Any]],
    altered: tuple[int, dict[str, Any]],
) -> None:
    """What happened, for a newcomer."""
    drawn = [spec for spec in specs if spec.classes > 1]
    exempt = [spec.name for spec in specs if spec.classes == 1]
    covered = "、".join(c["id"] for c in plain[1]["covered"])
    before = {c["id"] for c in plain[1]["checks"] if c["outcome"] == "FAIL"}
    failed = [c["id"] for c in altered[1]["checks"] if c["outcome"] == "FAIL" and c["id"] not in before]
    statement = json.loads((folder / "record" / "statement.json").read_text())
    worst = max(line["reached"] for d in statement["draws"] for line in d["certificate"])
    print(f"""
结果 / Result ({folder})
  {len(drawn)} 个学校年级、{sum(s.students for s in drawn)} 名学生已分班，各项最多相差 {worst}；{"、".join(exempt)} 只有一个班，免抽。
    {len(drawn)} school grades, {sum(s.students for s in drawn)} students drawn; no attribute differs by more than {worst}; one school exempt.
  被覆盖的观察员 / covered observers: {covered}
  验证 / verifier, record alone:       exit {plain[0]} {plain[1]["verdict"]}, because of {", ".join(plain[1]["reasons"])}
  验证 / verifier, with trust.json:    exit {trusted[0]} {trusted[1]["verdict"]}, because of {", ".join(trusted[1]["reasons"])}
    （演练绝不会被当作真实结果 / a rehearsal is never taken for a real result）
  改动一份名单后 / one list altered:   exit {altered[0]} {altered[1]["verdict"]}, failed {", ".join(failed)}
  公示网站 / the public site: {folder / "site" / "index.html"}
  看一看 / look at: rosters/ import.txt slips/ papers/ lists/ record/ record.zip public/ (账本 / the ledger as tiles) inspection/ ledger.db
  用这个工作文件夹 / work with this room: VDRAW_STATE={folder / "state"} VDRAW_PASSPHRASE=demo vdraw status --room {folder}
  再次运行会先清空 {folder} / running it again erases {folder} first
  自己验证 / verify yourself: python -m verifier {folder / "record.zip"} --trust {folder / "trust.json"}
""")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/demo"))
