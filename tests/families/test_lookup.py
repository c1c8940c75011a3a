"""What the page makes of a bureau's folder, under Node: honest folders, and every lie that a site could tell."""

from __future__ import annotations

import base64
import copy
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.families.writing import (
    MOMENT,
    SESSION,
    WITNESSES,
    Folder,
    Student,
    default_plan,
    encode,
    fresh,
    planned_draw,
    vkey,
)
from tests.simulator import ROOT

WEB = ROOT / "verifier" / "web"
Files = dict[str, bytes]

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")


def look_up(jobs: list[tuple[Files, bytes, str]], folder: Path) -> list[dict[str, Any]]:
    """What the page's look-up says to each secret and draw in its folder; one run of Node."""
    lines = []
    for number, (files, secret, draw) in enumerate(jobs):
        at = folder / str(number)
        for path, data in files.items():
            (at / path).parent.mkdir(parents=True, exist_ok=True)
            (at / path).write_bytes(data)
        lines.append(json.dumps({"folder": str(at), "secret": secret.hex(), "draw": draw}) + "\n")
    command = ["node", "test/looking.mjs"]
    done = subprocess.run(command, cwd=WEB, input="".join(lines).encode(), capture_output=True, check=True, timeout=300)
    return [json.loads(line) for line in done.stdout.splitlines()]


def class_of(files: Files, one: Student) -> int:
    return int(json.loads(files[f"draws/{one.draw}/result.json"])["classes"][one.unit])


@pytest.mark.parametrize("phase", ["frozen", "result"])
@pytest.mark.parametrize("number", [7, 40, 130])  # of each of two draws
def test_every_child_finds_itself_and_asks_for_few_files(phase: str, number: int, tmp_path: Path) -> None:
    folder = Folder(phase=phase, number=number)
    files = folder.files()
    chosen = folder.people[:: max(1, number // 9)]
    found = look_up([(files, one.secret, one.draw) for one in chosen], tmp_path)
    for one, said in zip(chosen, found, strict=True):
        assert (said["draw"], said["pair"]) == (one.draw, list(one.pair))
        assert said["number"] == (class_of(files, one) if phase == "result" else 0)
        assert (said["phase"], said["pseudonym"]) == (phase, one.pseudonym)
        assert said["witnesses"] == [{"name": name, "time": MOMENT + 60 * i} for i, name in enumerate(WITNESSES)]
        assert said["size"] == len(folder.lines)
        assert set(said["asked"]) < set(files)
    # What is asked for tells the draw, and nothing of the child.
    for draw in ("d1", "d2"):
        assert len({tuple(said["asked"]) for one, said in zip(chosen, found, strict=True) if one.draw == draw}) == 1


def test_the_draw_is_chosen_where_there_are_several(tmp_path: Path) -> None:
    folder = Folder()
    files = folder.files()
    one = folder.people[4]
    directory = json.loads(files["slips.json"])
    later = files | {"slips.json": encode({**directory, "draws": directory["draws"][1:]})}
    alone = Folder(plan={**default_plan(), "draws": [planned_draw("d1")]})
    jobs = [(files, one.secret, ""), (files, one.secret, "d2"), (files, one.secret, "d9"), (later, one.secret, "d1"),
            (alone.files(), alone.people[4].secret, "")]  # fmt: skip
    found = look_up(jobs, tmp_path)
    assert [said.get("what") for said in found] == ["whichDraw", "nothing", "nothing", "notYet", None]
    assert not any(path.startswith("envelopes/") for path in found[0]["asked"])


def test_whatever_opens_nothing_gives_one_answer(tmp_path: Path) -> None:
    folder = Folder()
    files = folder.files()
    one = folder.people[4]
    other = copy.deepcopy(files)
    rows = json.loads(other["envelopes/result/d1.json"])["envelopes"]
    at = next(row for row in rows if row[0] == folder.envelope(one, "result", {one.draw: [1] * 99})[0])
    at[1] = at[1][:-2] + ("00" if at[1][-2:] != "00" else "01")  # somebody's envelope, one bit of its tag changed
    other["envelopes/result/d1.json"] = encode({"envelopes": rows})
    jobs = [(files, fresh("nobody")[:16], "d1"), (files, bytes(16), "d1"), (other, one.secret, "d1")]
    found = look_up(jobs, tmp_path)
    assert [said["what"] for said in found] == ["nothing"] * 3
    assert len({said["why"] for said in found}) == 1


def test_nothing_is_published_yet(tmp_path: Path) -> None:
    folder = Folder(phase="frozen")
    files = folder.files()
    directory = json.loads(files["slips.json"])
    directory["draws"] = []
    (said,) = look_up([(files | {"slips.json": encode(directory)}, folder.people[0].secret, "d1")], tmp_path)
    assert said["what"] == "notYet"


def test_a_list_of_an_earlier_day_shows_what_was_proven_then(tmp_path: Path) -> None:
    folder = Folder()
    files = folder.files()
    edited("slips.json", lambda value: value.update(result=-1))(folder, files)
    (said,) = look_up([(files, folder.people[3].secret, "d1")], tmp_path)
    assert (said["phase"], said["number"]) == ("frozen", 0)


def edited(path: str, edit: Callable[[Any], None]) -> Callable[[Folder, Files], None]:
    def change(_: Folder, files: Files) -> None:
        value = json.loads(files[path])
        edit(value)
        files[path] = encode(value)

    return change


def seq_of(files: Files, kind: str) -> int:
    directory = json.loads(files["slips.json"])
    return int(directory["draws"][0]["frozen"] if kind == "roster.frozen" else directory[kind])


def in_place(kind: str, end: str, change: Callable[[bytes], bytes]) -> Callable[[Folder, Files], None]:
    """A change of the bytes of an entry or of its proof."""

    def apply(_: Folder, files: Files) -> None:
        path = f"proofs/{seq_of(files, kind)}{end}"
        assert change(files[path]) != files[path]
        files[path] = change(files[path])

    return apply


def relabelled(folder: Folder, files: Files) -> None:
    """The envelope names the class that the family would like, and the class list stays."""
    one = folder.people[3]
    classes = [json.loads(files["draws/d1/result.json"])["classes"][one.unit] % 3 + 1] * 99
    row = folder.envelope(one, "result", {one.draw: classes})
    rows = [row if old[0] == row[0] else old for old in json.loads(files["envelopes/result/d1.json"])["envelopes"]]
    files["envelopes/result/d1.json"] = encode({"envelopes": rows})


def elsewhere(**lies: Any) -> Callable[[Folder, Files], None]:
    def change(folder: Folder, files: Files) -> None:
        one = folder.people[3]
        drawn = {one.draw: json.loads(files["draws/d1/result.json"])["classes"]}
        row = folder.envelope(one, "result", drawn, **lies)
        rows = [row if old[0] == row[0] else old for old in json.loads(files["envelopes/result/d1.json"])["envelopes"]]
        files["envelopes/result/d1.json"] = encode({"envelopes": rows})

    return change


def other_roster(_: Folder, files: Files) -> None:
    value = json.loads(files["draws/d1/units.json"])
    value["units"][0], value["units"][1] = value["units"][1], value["units"][0]
    files["draws/d1/units.json"] = encode(value)


def reproved(folder: Folder, files: Files) -> None:
    """All proofs again, as the folder's members are now."""
    for path in [path for path in files if path.endswith(".tlog-proof")]:
        files[path] = folder.proof(int(path.split("/")[1].split(".")[0]))


def signed_by_another(folder: Folder, files: Files) -> None:
    folder.log = "approver"
    reproved(folder, files)


def one_witness(folder: Folder, files: Files) -> None:
    folder.witnesses = WITNESSES[:1]
    reproved(folder, files)


def broken_line(folder: Folder, files: Files) -> None:
    """A cosignature whose last byte is another: the rest of the quorum does not save the note (L10)."""
    for path in [path for path in files if path.endswith(".tlog-proof")]:
        head, last = files[path][:-1].rsplit(b" ", 1)
        raw = bytearray(base64.b64decode(last))
        raw[-1] ^= 1
        files[path] = head + b" " + base64.b64encode(raw) + b"\n"


def swapped_proof(_: Folder, files: Files) -> None:
    plan, result = seq_of(files, "plan"), seq_of(files, "result")
    files[f"proofs/{result}.json"] = files[f"proofs/{plan}.json"]
    files[f"proofs/{result}.tlog-proof"] = files[f"proofs/{plan}.tlog-proof"]


def other_session(folder: Folder, files: Files) -> None:
    """Entries of another session of the same ledger."""
    directory = json.loads(files["slips.json"])
    files["slips.json"] = encode({**directory, "session": "2025-autumn"})
    del folder


def policy(*rows: str) -> Callable[[Folder, Files], None]:
    def change(_: Folder, files: Files) -> None:
        files["policy"] = "".join(row + "\n" for row in rows).encode()

    return change


def superseded(folder: Folder, files: Files) -> None:
    """A roster that was frozen before: its entry is in the ledger, its proof holds, and its envelopes lead into it."""
    older = Folder()
    older.people = [one for one in older.people if (one.draw, one.name) != ("d1", older.people[9].name)]
    before = older.files()
    own = {name for name in files if name.startswith("envelopes/")}
    files.update({name: before[name] for name in ("draws/d1/units.json", *own)})


LOG = f"log {vkey('draw.county.example/ledger', 'operator', 1)}"
WITNESS = f"witness w {vkey(WITNESSES[0], WITNESSES[0], 4)}"

LIES: dict[str, Callable[[Folder, Files], None]] = {
    "the envelope names another class": relabelled,
    "the envelope names another unit": elsewhere(unit=0, **{"class": 2}),
    "the envelope names a unit that is not there": elsewhere(unit=999),
    "the envelope names a member that is not there": elsewhere(member=7),
    "the envelope names a draw that is not there": elsewhere(draw="d9"),
    "the class list is another": edited("draws/d1/result.json", lambda value: value["classes"].reverse()),
    "the class list has a key more": edited("draws/d1/result.json", lambda value: value.update(x=1)),
    "the roster is in another order": other_roster,
    "the roster has a unit less": edited("draws/d1/units.json", lambda value: value["units"].pop()),
    "the roster is of another draw": edited("draws/d1/units.json", lambda value: value.update(draw="d2")),
    "the plan names classes in another way": edited(
        "plan.json", lambda value: value["draws"][0].update(class_names=["甲", "乙", "丙"])
    ),
    "the plan has another telephone": edited("plan.json", lambda value: value["contact"].update(phone="110")),
    "the plan is no rehearsal any more": edited("plan.json", lambda value: value.update(rehearsal=True)),
    "the plan is not canonical": lambda _, files: files.update({"plan.json": files["plan.json"] + b"\n"}),
    "an entry says something else": in_place("result", ".json", lambda data: data.replace(b'"size":', b'"size":1', 1)),
    "an entry is another's": swapped_proof,
    "a hash of a proof is left out": in_place("result", ".tlog-proof", lambda data: data.replace(data.split(b"\n")[2] + b"\n", b"", 1)),
    "a hash of a proof stands twice": in_place("result", ".tlog-proof", lambda data: data.replace(data.split(b"\n")[2] + b"\n", (data.split(b"\n")[2] + b"\n") * 2, 1)),
    "a proof is of another index": in_place("plan", ".tlog-proof", lambda data: data.replace(b"index 1", b"index 2", 1)),
    "a proof is of another format": in_place("plan", ".tlog-proof", lambda data: data.replace(b"@v1", b"@v2", 1)),
    "the checkpoint is signed by another": signed_by_another,
    "a cosignature does not hold": broken_line,
    "the session is another": other_session,
    "the header's place is another's": edited("slips.json", lambda value: value.update(header=value["result"])),
    "there is no header": edited("slips.json", lambda value: value.update(header=-1)),
    "the header has another roster": edited(
        "header.json", lambda value: value["draws"][0]["frozen"].update(roster_root="00" * 32)
    ),
    "the roster is that of an earlier freeze": superseded,
    "the list has a key more": edited("slips.json", lambda value: value.update(x=1)),
    "the envelope names another draw": elsewhere(draw="d2"),
    "envelopes are not sorted": edited("envelopes/result/d1.json", lambda value: value["envelopes"].reverse()),
    "an envelope is short": edited("envelopes/result/d1.json", lambda value: value["envelopes"][0].append("")),
    "the policy has no log": policy(WITNESS, "quorum w"),
    "the policy has the log last": policy(WITNESS, "quorum w", LOG),
    "the policy has two logs": policy(LOG, LOG, WITNESS, "quorum w"),
    "the policy has no quorum": policy(LOG, WITNESS),
    "the policy's quorum is nobody": policy(LOG, WITNESS, "quorum v"),
    "the policy is of another ledger": policy(f"log {vkey('other.example', 'operator', 1)}", WITNESS, "quorum w"),
    "the policy has another key": policy(f"log {vkey('draw.county.example/ledger', 'approver', 1)}", WITNESS, "quorum w"),
    "the policy is empty": policy(),
}  # fmt: skip


def test_no_lie_is_shown(tmp_path: Path) -> None:
    jobs = []
    for change in LIES.values():
        folder = Folder()
        files = folder.files()
        change(folder, files)
        jobs.append((files, folder.people[3].secret, "d1"))
    found = look_up(jobs, tmp_path)
    assert {name: said.get("what") for name, said in zip(LIES, found, strict=True)} == dict.fromkeys(LIES, "broken")


def test_a_quorum_that_is_not_there_yet(tmp_path: Path) -> None:
    folder = Folder()
    files = folder.files()
    one_witness(folder, files)
    (said,) = look_up([(files, folder.people[3].secret, "d1")], tmp_path)
    assert said["what"] == "unwitnessed"


POLICIES = {
    "no quorum asked for": (policy(LOG, WITNESS, "quorum none"), WITNESSES[:1]),
    "no witness at all": (policy("# nobody", "", LOG, "quorum none"), ()),
    "one of two": (policy(LOG + " https://a.example/", WITNESS, f"witness v {vkey(WITNESSES[1], WITNESSES[1], 4)}",
                          "group g any w v", "quorum g"), WITNESSES),
    "one, alone": (policy(LOG, WITNESS, "quorum w"), WITNESSES[:1]),
}  # fmt: skip


def test_other_policies_hold(tmp_path: Path) -> None:
    jobs = []
    for change, _ in POLICIES.values():
        folder = Folder()
        files = folder.files()
        change(folder, files)
        jobs.append((files, folder.people[3].secret, "d1"))
    for said, (_, known) in zip(look_up(jobs, tmp_path), POLICIES.values(), strict=True):
        assert [row["name"] for row in said["witnesses"]] == list(known)


def test_one_witness_of_any_two(tmp_path: Path) -> None:
    """The others' lines are not there; the quorum asks for one."""
    folder = Folder(witnesses=WITNESSES[1:])
    files = folder.files()
    POLICIES["one of two"][0](folder, files)
    (said,) = look_up([(files, folder.people[3].secret, "d1")], tmp_path)
    assert [row["name"] for row in said["witnesses"]] == [WITNESSES[1]]


def test_a_session_of_persons_and_positions(tmp_path: Path) -> None:
    plan = {
        **default_plan(),
        "attributes": [],
        "balance": [],
        "draws": [planned_draw("d1", kind="audit", classes=0, class_names=[], take=3)],
    }
    folder = Folder(plan=plan, number=20)
    files = folder.files()
    said = look_up([(files, one.secret, "d1") for one in folder.people], tmp_path)
    assert sorted(one["number"] for one in said) == sorted([*range(1, 20), class_of(files, folder.people[0])])
    assert json.loads(files["slips.json"])["session"] == SESSION
