"""Evidence of a fork (L19, V9)."""

from __future__ import annotations

import copy
import json

import pytest
from verifier import canonical, cli, fork, ledger

from builder import ORIGIN, Builder, public
from running import honest
from test_cli import run
from test_keys import ROTATED
from test_ledger import consistency

OPERATOR = bytes.fromhex(public("operator"))
SPLIT = 7  # entries that both histories share


def histories():
    """Two ledgers of one operator that differ from entry 7 on."""
    one = honest("header").ledger
    other = copy.deepcopy(one)
    other.lines[SPLIT:] = [line.replace(b"2026-08-25", b"2026-08-26") for line in other.lines[SPLIT:]]
    return one, other


def lines_of(note):
    return note.decode().rstrip("\n").split("\n")


def evidence(one, other, first, second, **changes):
    leaves = [ledger.leaf_hash(line) for line in other.lines[:second]]
    value = {
        "notes": [lines_of(one.note(first)), lines_of(other.note(second))],
        "proof": [node.hex() for node in consistency(leaves, first)],
        "root": other.root(first).hex(),
        "version": canonical.VERSION,
    }
    value.update(changes)
    return canonical.encode(value)


def judged(data, keys=(OPERATOR,), origin=None):
    return fork.judge(data, keys, origin)


@pytest.mark.parametrize(("first", "second"), [(8, 8), (20, 20), (8, 9), (8, 20), (9, 20), (15, 16), (16, 21), (8, 22)])
def test_fork(first, second):
    one, other = histories()
    for pair in ((one, other), (other, one)):
        found = judged(evidence(*pair, first, second))
        assert (found.exit, found.origin, found.sizes) == (0, ORIGIN, [first, second])


@pytest.mark.parametrize(("first", "second"), [(1, 1), (8, 8), (7, 20), (4, 20), (8, 20)])
def test_history_that_extends_the_other_is_no_fork(first, second):
    one, other = histories()
    found = judged(evidence(one, one, first, second))
    assert (found.exit, found.reason) == (1, "the second history extends the first")
    assert judged(evidence(one, other, min(first, SPLIT), second)).exit == 1


def test_swapped_order():
    one, other = histories()
    value = canonical.decode(evidence(one, other, 9, 20))
    value["notes"].reverse()
    assert judged(canonical.encode(value)).reason == "the sizes of the notes do not ascend from 1"


def test_first_note_of_no_entries():
    one, other = histories()
    for root in (other.root(0), bytes(32)):
        data = evidence(one, other, 0, 20, root=root.hex(), proof=[])
        assert judged(data).reason == "the sizes of the notes do not ascend from 1"


def test_other_keys():
    one, other = histories()
    data = evidence(one, other, 9, 20)
    approver = bytes.fromhex(public("approver"))
    assert judged(data, (approver,)).exit == 1
    assert judged(data, ()).exit == 1
    assert judged(data, (approver, OPERATOR)).exit == 0
    for number in (0, 1):
        value = canonical.decode(data)
        value["notes"][number] = lines_of((one, other)[number].note((9, 20)[number], (), "approver"))
        assert judged(canonical.encode(value)).reason.endswith("note is not signed by the ledger's key")
        assert judged(canonical.encode(value), (approver, OPERATOR)).exit == 0


def test_ledger_with_a_rotated_key():
    one = Builder(ROTATED).build("header").ledger
    other = copy.deepcopy(one)
    other.lines[3:] = [line.replace(b"2026-08-25", b"2026-08-26") for line in other.lines[3:]]
    data = evidence(one, other, 4, 12)  # signed by the old and the new key
    new = bytes.fromhex(public("operator-2"))
    assert judged(data, (OPERATOR, new)).exit == 0
    assert judged(data, (OPERATOR,)).exit == judged(data, (new,)).exit == 1


def test_other_roots_and_proofs():
    one, other = histories()
    good = canonical.decode(evidence(one, other, 9, 20))
    zeros = "00" * 32
    proof = good["proof"]
    lies = [{"root": zeros}, {"root": one.root(9).hex()}, {"proof": []}, {"proof": [*proof, zeros]},
            {"proof": proof[:-1]}, {"proof": [zeros, *proof]}, {"proof": proof[::-1]}]  # fmt: skip
    for lie in lies:
        assert judged(canonical.encode({**good, **lie})).exit == 1
    same = canonical.decode(evidence(one, other, 20, 20))
    for lie in ({"proof": [zeros]}, {"root": one.root(20).hex()}, {"root": zeros}):
        assert judged(canonical.encode({**same, **lie})).exit == 1
    assert judged(canonical.encode(same)).exit == 0


def test_other_origins():
    one, other = histories()
    data = evidence(one, other, 9, 20)
    assert judged(data, origin=ORIGIN).exit == 0
    assert judged(data, origin="other.example").reason == "the notes are of another origin than the trust file's"
    value = canonical.decode(data)
    value["notes"][1][0] = "other.example"
    assert judged(canonical.encode(value)).reason == "the notes are of two origins"


def altered(change):
    value = canonical.decode(evidence(*histories(), 9, 20))
    change(value)
    return canonical.encode(value)


MALFORMED = {
    "nothing": b"",
    "no object": b"[]",
    "not canonical": evidence(*histories(), 9, 20) + b"\n",
    "one note": altered(lambda value: value["notes"].pop()),
    "three notes": altered(lambda value: value["notes"].append(value["notes"][0])),
    "a note as a text": altered(lambda value: value["notes"].__setitem__(0, "\\n".join(value["notes"][0]))),
    "a note without its signature": altered(lambda value: value["notes"][0].pop()),
    "a note with a line too many": altered(lambda value: value["notes"][0].insert(0, "")),
    "a note of no lines": altered(lambda value: value["notes"][0].clear()),
    "a size that is none": altered(lambda value: value["notes"][0].__setitem__(1, "09")),
    "a hash of 31 bytes": altered(lambda value: value["proof"].__setitem__(0, "00" * 31)),
    "a root of 33 bytes": altered(lambda value: value.update(root="00" * 33)),
    "another version": altered(lambda value: value.update(version="verifiable-draw/v2")),
    "a key too many": altered(lambda value: value.update(extra=1)),
    "a key too few": altered(lambda value: value.pop("proof")),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed(name):
    with pytest.raises(fork.ForkError):
        judged(MALFORMED[name])


# --- command line -------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    one, other = histories()
    (tmp_path / "fork.json").write_bytes(evidence(one, other, 9, 20))
    (tmp_path / "none.json").write_bytes(evidence(one, one, 9, 20))
    (tmp_path / "bad.json").write_bytes(MALFORMED["one note"])
    trust = honest("header").trust()
    (tmp_path / "trust.json").write_bytes(canonical.encode(trust))
    (tmp_path / "elsewhere.json").write_bytes(canonical.encode(dict(trust, origin="other.example")))
    (tmp_path / "unsound.json").write_bytes(canonical.encode(dict(trust, operator="01" + "00" * 31)))
    return tmp_path


def test_json(folder):
    for more in (("--key", public("operator")), ("--trust", folder / "trust.json"),
                 ("--key", public("approver"), public("operator")), ("--key", public("w1"), "--key", public("operator"))):  # fmt: skip
        found = run("--fork", folder / "fork.json", *more, "--json")
        value = json.loads(found.stdout)
        assert (found.returncode, value["exit"], value["proven"], value["sizes"]) == (0, 0, True, [9, 20])
        assert set(value) == {"exit", "origin", "proven", "reason", "sizes"}
        assert value["origin"] == ORIGIN
        assert canonical.encode(value) + b"\n" == found.stdout
    value = json.loads(run("--fork", folder / "none.json", "--key", public("operator"), "--json").stdout)
    assert (value["exit"], value["proven"], value["reason"]) == (1, False, "the second history extends the first")


def test_page(folder):
    for language, word in (("zh", "两个检查点的条数: 9, 20"), ("en", "Sizes of the two checkpoints: 9, 20")):
        text = run("--fork", folder / "fork.json", "--key", public("operator"), "--lang", language).stdout.decode()
        assert text.splitlines()[:2] == ["分叉已得到证明：账本的签名人签署了两份不能并存的历史。",
                                         "A fork is proven: the ledger's operator signed two histories that cannot both be."]  # fmt: skip
        assert word in text
    assert run("--fork", folder / "bad.json", "--key", public("operator")).returncode == 2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("none.json", "--trust", "trust.json"), 1),
        (("fork.json", "--trust", "elsewhere.json"), 1),
        (("fork.json", "--key", public("approver")), 1),
        (("fork.json", "--trust", "unsound.json"), 2),
        (("fork.json", "--trust", "fork.json"), 2),
        (("fork.json", "--trust", "nowhere.json"), 2),
        (("nowhere.json", "--trust", "trust.json"), 2),
        (("bad.json", "--trust", "trust.json"), 2),
        (("fork.json", "--key", public("operator").upper()), 2),
        (("fork.json", "--key", public("operator")[:-2]), 2),
        (("fork.json", "--key", "01" + "00" * 31), 2),
        (("fork.json", "--key", public("operator"), ""), 2),
    ],
)
def test_exit_codes(folder, monkeypatch, capfd, arguments, code):
    monkeypatch.chdir(folder)
    assert cli.main(["--fork", *arguments, "--json"]) == code
    value = json.loads(capfd.readouterr().out)
    assert (value["exit"], value["proven"]) == (code, False)


@pytest.mark.parametrize(
    "arguments",
    [
        (), ("--fork",), ("--fork", "fork.json"), ("record", "--fork", "fork.json", "--trust", "trust.json"),
        ("--fork", "fork.json", "--trust", "trust.json", "--key", "00"), ("--fork", "fork.json", "--key"),
        ("record", "--key", "00"), ("--key", "00"), ("--trust", "trust.json"),
        ("--fork", "fork.json", "--trust", "trust.json", "--ledger", "x"),
        ("--fork", "fork.json", "--trust", "trust.json", "--sealed", "x"),
    ],
)  # fmt: skip
def test_arguments_that_do_not_go_together(folder, monkeypatch, capsys, arguments):
    monkeypatch.chdir(folder)
    with pytest.raises(SystemExit) as stopped:
        cli.main(list(arguments))
    assert stopped.value.code == 2
    assert not capsys.readouterr().out


def test_internal_error_is_exit_code_2(folder, monkeypatch, capfd):
    def broken(*_):
        raise KeyError("surprise")

    monkeypatch.setattr(fork, "judge", broken)
    monkeypatch.chdir(folder)
    assert cli.main(["--fork", "fork.json", "--trust", "trust.json", "--json"]) == 2
    assert "surprise" in json.loads(capfd.readouterr().out)["reason"]
