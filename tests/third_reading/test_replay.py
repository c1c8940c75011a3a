"""The third reading agrees with the published records, and names what was altered in copies of them."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
SPEC = HERE.parents[1] / "spec"

Files = dict[str, bytes]
Change = Callable[[Files], None]


def record_files(path: Path) -> Files:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def draws_of(path: Path) -> list[Any]:
    return list(json.loads(record_files(path)["header.json"])["draws"])


RECORDS = [SPEC / "cases" / "bases" / f"{name}.zip" for name in ("proven", "result", "kinds", "drand")]
ALL_DRAWS = [(path, draw["id"]) for path in RECORDS for draw in draws_of(path)]
#: Of the alterations: a record of two draws at least, and the first of them.
BASE = next(path for path in RECORDS if len(draws_of(path)) > 1)
DRAW, OTHER = (draw["id"] for draw in draws_of(BASE)[:2])


def run(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, HERE / "replay.py", *arguments], capture_output=True, check=False, timeout=120
    )
    assert done.stderr == b""
    return done.returncode, done.stdout.decode()


def written(folder: Path, files: Files) -> str:
    with zipfile.ZipFile(folder / "record.zip", "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return str(folder / "record.zip")


def canonical(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def flipped(text: str) -> str:
    """The last hexadecimal digit is another one."""
    return text[:-1] + "0123456789abcdef"[int(text[-1], 16) ^ 1]


def edit(path: str, change: Callable[[Any], None]) -> Change:
    def apply(files: Files) -> None:
        value = json.loads(files[path])
        change(value)
        files[path] = canonical(value)

    return apply


def edit_entry(kind: str, change: Callable[[Any], None]) -> Change:
    """Changes the body of the first entry of a kind."""

    def apply(files: Files) -> None:
        entries = [json.loads(line) for line in files["ledger/entries.jsonl"].splitlines()]
        change(next(e["body"] for e in entries if e["type"] == kind))
        files["ledger/entries.jsonl"] = b"".join(canonical(e) + b"\n" for e in entries)

    return apply


def both(*changes: Change) -> Change:
    def apply(files: Files) -> None:
        for change in changes:
            change(files)

    return apply


def flip(*keys: Any) -> Callable[[Any], None]:
    """Flips a digit of the text found by following keys."""

    def change(value: Any) -> None:
        for key in keys[:-1]:
            value = value[key]
        value[keys[-1]] = flipped(value[keys[-1]])

    return change


def put(key: str, value: Any) -> Callable[[Any], None]:
    return lambda target: target.__setitem__(key, value)


def exchange_students(result: Any) -> None:
    first, second = 0, next(i for i, c in enumerate(result["classes"]) if c != result["classes"][0])
    classes = result["classes"]
    classes[first], classes[second] = classes[second], classes[first]


def exchange_in_blocks(groups: Any) -> None:
    first, second = groups["blocks"][:2]
    first[-1], second[-1] = second[-1], first[-1]


def exchange_proofs(delay: Any) -> None:
    """Good encodings of forms, good proofs, but of other segments."""
    first, second = delay["segments"][:2]
    first["proof"], second["proof"] = second["proof"], first["proof"]


def spoil_encoding(delay: Any) -> None:
    """The identity has one encoding only."""
    delay["segments"][0]["y"] = "04" + 98 * "00" + "01"


def take_a_leaf_away(units: Any) -> None:
    pair = units["units"][0][0]
    pair[0] = flipped(pair[0])


def other_result(files: Files) -> None:
    files[f"draws/{DRAW}/result.json"] = files[f"draws/{OTHER}/result.json"]


def second_seed(files: Files) -> None:
    line = next(x for x in files["ledger/entries.jsonl"].splitlines() if json.loads(x)["type"] == "seed")
    files["ledger/entries.jsonl"] += line + b"\n"


RESULT, GROUPS, UNITS = (f"draws/{DRAW}/{name}.json" for name in ("result", "groups", "units"))
CONTRIBUTION = ("openings", 0, "contribution")
ALTERED: dict[str, tuple[Change, str, str]] = {
    "seed": (edit_entry("seed", flip("seed")), "C23", "种子 seed"),
    "two students exchanged": (edit(RESULT, exchange_students), "A17", "单元的班级 class of unit #0"),
    "number of students": (edit(RESULT, lambda r: r["counts"].__setitem__(0, 99)), "A19", "students of class #0"),
    "class as text": (
        edit(RESULT, lambda r: r["classes"].__setitem__(0, str(r["classes"][0]))),
        "A17",
        "class of unit #0",
    ),
    "bundling": (edit(RESULT, lambda r: r.update(bundling=r["bundling"] ^ 1)), "A18", "result.json bundling"),
    "draw seed": (edit(RESULT, flip("draw_seed")), "C23", "result.json draw_seed"),
    "forced units": (edit(RESULT, put("forced", [0])), "A25", "forced units"),
    "a pin that nobody counted": (edit(GROUPS, put("pins", [[0, 1]])), "A26", "number of pins"),
    "a bar that nobody counted": (edit(GROUPS, put("barred", [[0, 1]])), "A26", "number of bars"),
    "result of another draw": (other_result, "R7", "result.json draw"),
    "another draw's id": (edit(RESULT, put("draw", OTHER)), "R7", "result.json draw"),
    "hash of the result": (edit_entry("result", flip("draws", 0, "sha256")), "C24", "in the ledger"),
    "opening as listed": (edit_entry("reveals.closed", flip(*CONTRIBUTION)), "C16", "揭示 opening #0"),
    "opening everywhere": (
        both(edit_entry("reveals.closed", flip(*CONTRIBUTION)), edit_entry("opening", flip("contribution"))),
        "C16",
        "揭示 opening #0",
    ),
    "commitment as listed": (edit_entry("commits.closed", flip("commitments", 0)), "C10", "承诺 commitment #0"),
    "commitment everywhere": (
        both(edit_entry("commits.closed", flip("commitments", 0)), edit_entry("commitment", flip("commitment"))),
        "C10",
        "承诺截止哈希 commits_closed_hash",
    ),
    "digits": (edit("sources.json", put("public_draw", "0465")), "R7", "sources.json"),
    "header": (edit("header.json", put("title", "另一场")), "C6", "总表哈希 header_hash"),
    "hash of the header": (edit_entry("header", flip("hash")), "C6", "总表哈希 header_hash"),
    "plan": (edit("plan.json", put("title", "另一场")), "C3", "方案哈希 plan_hash"),
    "groups": (edit(GROUPS, exchange_in_blocks), "C11", "分组文件 groups file #0"),
    "groups of another draw": (
        edit(f"draws/{OTHER}/groups.json", exchange_in_blocks),
        "C11",
        "分组文件 groups file #1",
    ),
    "groups hash": (edit_entry("groups.fixed", flip("hash")), "C11", "分组哈希 groups_hash"),
    "leaf of a unit": (edit(UNITS, take_a_leaf_away), "R4", "名册根 roster_root"),
    "delay.json only": (edit("delay.json", exchange_proofs), "C22", "延时分段 delay segment #0"),
    "delay proofs": (
        both(edit("delay.json", exchange_proofs), edit_entry("delay.done", exchange_proofs)),
        "C20",
        "segment 1",
    ),
    "delay encoding": (
        both(edit("delay.json", spoil_encoding), edit_entry("delay.done", spoil_encoding)),
        "C21",
        "segment 1",
    ),
    "a segment less": (
        both(
            edit("delay.json", lambda d: d["segments"].pop()), edit_entry("delay.done", lambda d: d["segments"].pop())
        ),
        "C22",
        "延时段数 number of delay segments",
    ),
    "two seeds": (second_seed, "C1", "number of entries seed"),
}


@pytest.mark.parametrize(("path", "draw"), ALL_DRAWS, ids=lambda value: value if isinstance(value, str) else value.stem)
def test_the_published_lists_are_reproduced(path: Path, draw: str) -> None:
    code, text = run(str(path), draw)
    result = json.loads(record_files(path)[f"draws/{draw}/result.json"])
    assert code == 0, text
    kind = next(d["kind"] for d in draws_of(path) if d["id"] == draw)
    form = "第 {0} 位 position {0}" if kind in {"select", "order", "audit"} else "{0} 班 class {0}"
    for number, count in enumerate(result["counts"], 1):
        units = " ".join(str(u) for u, c in enumerate(result["classes"]) if c == number)
        assert f"{form.format(number)}：{count} 名学生 students；单元 units：{units}\n" in text
    assert text.endswith("全部一致 everything agrees\n")


@pytest.mark.parametrize("what", ALTERED)
def test_an_altered_copy_is_named(what: str, tmp_path: Path) -> None:
    change, rule, name = ALTERED[what]
    files = record_files(BASE)
    change(files)
    code, text = run(written(tmp_path, files), DRAW)
    assert code == 1, text
    assert any(line.startswith(f"不一致 differs [{rule}]") and name in line for line in text.splitlines()), text
    assert "stated" in text
    assert "recomputed" in text
    assert "全部一致" not in text


def test_two_exchanged_students_are_the_only_difference(tmp_path: Path) -> None:
    files = record_files(BASE)
    edit(RESULT, exchange_students)(files)
    _, text = run(written(tmp_path, files), DRAW)
    rules = [line.split("]")[0].split("[")[1] for line in text.splitlines() if line.startswith("不一致")]
    assert rules == ["A17", "A17", "R7"]


def without(path: str) -> Change:
    return lambda files: files.__delitem__(path)


def spaced(files: Files) -> None:
    files["header.json"] = files["header.json"].replace(b",", b", ", 1)


def other_version(files: Files) -> None:
    edit("RECORD.json", put("version", "verifiable-draw/v2"))(files)


def short_groups(files: Files) -> None:
    files[GROUPS] = b"{}"


UNREADABLE: dict[str, Change] = {
    "no RECORD.json": without("RECORD.json"),
    "no groups": without(GROUPS),
    "no ledger": without("ledger/entries.jsonl"),
    "not canonical": spaced,
    "another version": other_version,
    "an absolute name": lambda files: files.update({"/etc/x": b""}),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_cannot_be_read(what: str, tmp_path: Path) -> None:
    files = record_files(BASE)
    UNREADABLE[what](files)
    code, text = run(written(tmp_path, files), DRAW)
    assert code == 2, text
    assert text.startswith("无法读取")


def test_groups_without_their_keys_are_no_crash(tmp_path: Path) -> None:
    files = record_files(BASE)
    short_groups(files)
    code, text = run(written(tmp_path, files), DRAW)
    assert code in {1, 2}, text


def test_a_truncated_zip(tmp_path: Path) -> None:
    (tmp_path / "record.zip").write_bytes(BASE.read_bytes()[:-1000])
    code, text = run(str(tmp_path / "record.zip"), DRAW)
    assert (code, text[:4]) == (2, "无法读取")


@pytest.mark.parametrize("arguments", [(), (str(BASE),), (str(BASE), "no-such-draw"), (str(BASE) + ".gone", DRAW)])
def test_arguments_that_are_of_no_use(arguments: tuple[str, ...]) -> None:
    assert run(*arguments)[0] == 2


def delay_module() -> Any:
    spec = importlib.util.spec_from_file_location("third_reading_delay", HERE / "delay.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_delay_vectors() -> None:
    delay = delay_module()
    vector = json.loads((SPEC / "vectors" / "delay" / "chain.json").read_text())
    d = -delay.prime(bytes.fromhex(vector["challenge"]), 1024, {0, 1, 2, 1023})
    assert d == -int(vector["minus_d"], 16)
    x = delay.Form(2, 1, (1 - d) // 8)
    t = vector["iterations"] // len(vector["segments"])
    for segment in vector["segments"]:
        y, proof = (delay.dec(bytes.fromhex(segment[key]), d) for key in ("y", "proof"))
        assert delay.proven(x, y, proof, t, d)
        assert not delay.proven(x, y, proof, t + 1, d)
        x = y
    for numbers in vector["forms"]:
        a, b = int(numbers["a"], 16), int(numbers["b"], 16)
        form = delay.Form(a, b, (b * b - d) // (4 * a))
        assert delay.dec(delay.enc(form), d) == form


def test_the_refused_encodings() -> None:
    delay = delay_module()
    vector = json.loads((SPEC / "vectors" / "delay" / "refused.json").read_text())
    d = -delay.prime(bytes.fromhex(vector["challenge"]), 1024, {0, 1, 2, 1023})
    for encoding in vector["encodings"].values():
        if len(encoding) == 200:  # another length is refused where the record is read (C22)
            with pytest.raises((ValueError, OverflowError)):
                delay.dec(bytes.fromhex(encoding), d)
