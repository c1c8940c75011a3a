"""An independent third reading: replays the class lists of one draw from a published record.

    python replay.py RECORD.zip DRAW

Written from the pages of spec/ alone, by somebody who had read neither the verifier nor the program that draws.
Standard library only. It recomputes every value between the frozen header and the class of every unit: header hash
(C6), commitments and openings (C7, C10, C16), groups hash (C11), challenge and delay proofs (C19-C22), seed and draw
seed (C23), classes (A17-A19), and compares each with what the record states.

It does NOT check who signed, in what order, before which witness, or whether quorums were reached, nor the files that
the class lists do not depend on: a full verifier does. A file that is not canonical (E5) is unreadable here.

Exit code 0: all agrees. 1: something differs (every difference is printed: rule, stated, recomputed). 2: unreadable.
"""

from __future__ import annotations

import hashlib
import json
import sys
import zipfile
from typing import Any, NamedTuple, NoReturn

from delay import Form, dec, prime, proven

VERSION = "verifiable-draw/v1"
SHOWN = 12  # of one kind of difference at most so many are printed


class UnreadableError(Exception):
    """The input cannot be read as a record, or the draw is not in it."""


class DiffersError(Exception):
    """Something differs on which all that follows depends."""


def require(condition: object, what: str) -> None:
    if not condition:
        raise UnreadableError(what)


# --- Encoding (E1-E10) ---------------------------------------------------------------------------------------------


def h(use: str, *fields: bytes) -> bytes:
    """H of E10."""
    data = (VERSION + "/" + use).encode()
    return hashlib.sha256(data + b"".join(len(f).to_bytes(8, "big") + f for f in fields)).digest()


def refused(token: str) -> NoReturn:
    raise UnreadableError("E1: " + token)


def canonical(value: Any) -> bytes:
    """E2; keys are ASCII, so Python sorts them as RFC 8785 does."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def decode_json(data: bytes, name: str) -> Any:
    """E5: only the canonical bytes are read."""
    try:
        value = json.loads(data.decode(), parse_float=refused, parse_constant=refused)
        require(canonical(value) == data, "E5")
    except (ValueError, RecursionError, UnreadableError) as error:
        raise UnreadableError(f"{name}: {error}") from error
    return value


def hex_bytes(text: Any, size: int, *, empty: bool = False) -> bytes:
    """E7; where a page allows it, "" stands for nothing."""
    if empty and text == "":
        return b""
    require(isinstance(text, str) and len(text) == 2 * size and set(text) <= set("0123456789abcdef"), "E7")
    return bytes.fromhex(text)


# --- The record (R1-R7) --------------------------------------------------------------------------------------------


def read_zip(path: str) -> dict[str, bytes]:
    """R3, as far as reading needs it."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            names = [member.filename for member in members]
            require(len(set(names)) == len(names), "R3: a name stands twice")
            require(not any(n.startswith("/") or ".." in n.split("/") for n in names), "R3: path")
            require(all(m.compress_type == zipfile.ZIP_STORED for m in members), "R3: stored")
            require(sum(m.file_size for m in members) <= 1 << 30, "R1: size")
            return {name: archive.read(name) for name in names}
    except (OSError, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise UnreadableError(f"zip: {error}") from error


class Record:
    """The files of a record and the entries of its session."""

    def __init__(self, path: str) -> None:
        self.files = read_zip(path)
        self.about = self.json("RECORD.json")
        require(self.about["version"] == VERSION, "R2: version")
        require(self.about["phase"] == "result", "R1: phase")
        lines = self.data("ledger/entries.jsonl").split(b"\n")
        require(lines.pop() == b"", "E6")
        entries = [decode_json(line, "ledger/entries.jsonl") for line in lines]
        self.entries = [e for e in entries if e["session"] == self.about["session"]]

    def data(self, path: str) -> bytes:
        require(path in self.files, "R1: " + path)
        return self.files[path]

    def json(self, path: str) -> Any:
        return decode_json(self.data(path), path)

    def of(self, kind: str) -> list[Any]:
        return [e for e in self.entries if e["type"] == kind]

    def before(self, kind: str, end: str) -> list[Any]:
        """Entries of a kind that precede the first one of another kind."""
        last = min([e["seq"] for e in self.of(end)], default=-1)
        return [e for e in self.of(kind) if e["seq"] < last]


class Report:
    """Compares what is stated with what is recomputed, and keeps the differences."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.lines: list[str] = []

    def same(self, rule: str, name: str, stated: Any, recomputed: Any) -> bool:
        """`name` is Chinese, then English. True if both agree."""
        if plain(stated) == plain(recomputed):
            return True
        texts = f"  记录所写 stated:     {shown(stated)}\n  重新计算 recomputed: {shown(recomputed)}\n"
        self.lines.append(f"不一致 differs [{rule}] {name}\n{texts}")
        return False

    def need(self, rule: str, name: str, stated: Any, recomputed: Any) -> None:
        if not self.same(rule, name, stated, recomputed):
            raise DiffersError

    def each(self, rule: str, name: str, stated: list[Any], recomputed: list[Any]) -> None:
        """Item by item, so that the report names the very item."""
        self.need(rule, name + "：数量 number", len(stated), len(recomputed))
        wrong = [i for i in range(len(stated)) if plain(stated[i]) != plain(recomputed[i])]
        for i in wrong[:SHOWN]:
            self.same(rule, f"{name} #{i}", stated[i], recomputed[i])
        if len(wrong) > SHOWN:
            self.lines.append(f"  另有 {len(wrong) - SHOWN} 处 and {len(wrong) - SHOWN} more [{rule}] {name}\n")

    def only(self, kind: str) -> Any:
        """The body of the one entry of a kind that the state table allows."""
        found = self.record.of(kind)
        self.need("C1", f"账本条目数 number of entries {kind}", len(found), 1)
        return found[0]["body"]


def plain(value: Any) -> bytes:
    """What is compared: bytes as they stand in files (E7), and "1" is not 1, nor is true."""
    return canonical(value.hex() if isinstance(value, bytes) else value)


def shown(value: Any) -> str:
    """A value as text without control characters."""
    text = plain(value).decode()
    return text if text.isprintable() else ascii(text)


# --- The ceremony up to the challenge (C6-C19) ---------------------------------------------------------------------


class Frozen(NamedTuple):
    """What was fixed before the delay began."""

    header: Any
    header_hash: bytes
    commits_closed_hash: bytes
    groups_hash: bytes
    reveals_closed_hash: bytes

    def fields(self) -> tuple[bytes, bytes, bytes, bytes]:
        return self.header_hash, self.commits_closed_hash, self.groups_hash, self.reveals_closed_hash


def check_commitments(record: Record, report: Report, observers: list[Any]) -> bytes:
    """C9, C10: the commitments of the ledger, in header order."""
    closed = report.only("commits.closed")
    made: dict[str, str] = {}
    for entry in record.before("commitment", "commits.closed"):
        report.same("C8", f"重复承诺 second commitment of {entry['actor']['id']}", entry["actor"]["id"] in made, False)
        made.setdefault(entry["actor"]["id"], entry["body"]["commitment"])
    report.each("C10", "承诺 commitment", closed["commitments"], [made.get(o["id"], "") for o in observers])
    source = record.before("source", "commits.closed")
    report.same("C10", "公开摇号 public draw", closed["digits"], source[0]["body"]["digits"] if source else "")
    report.same("R7", "sources.json", record.json("sources.json")["public_draw"], closed["digits"])
    fields = [hex_bytes(c, 32, empty=True) for c in closed["commitments"]]
    result = h("commits.closed", *fields, closed["digits"].encode())
    report.same("C10", "承诺截止哈希 commits_closed_hash", closed["hash"], result)
    return result


def check_groups_hash(record: Record, report: Report, draws: list[Any]) -> bytes:
    """C11: the hash over the groups files of all draws."""
    fixed, files = report.only("groups.fixed"), [record.data(f"draws/{d['id']}/groups.json") for d in draws]
    hashes = [hashlib.sha256(data).digest() for data in files]
    items = [{"draw": d["id"], "sha256": hashes[i].hex(), "size": len(files[i])} for i, d in enumerate(draws)]
    report.each("C11", "分组文件 groups file", fixed["groups"], items)
    report.same("C11", "分组哈希 groups_hash", fixed["hash"], h("groups", *hashes))
    return h("groups", *hashes)


def opening_of(observer: Any, entries: list[Any], attested: list[str], commitment: str, frozen: Frozen) -> Any:
    """C15, C16: what reveals.closed must say of one observer."""
    nothing = {"contribution": "", "salt": ""}
    mine = [e["body"] for e in entries if e["actor"]["id"] == observer["id"]]
    if not mine:
        return {**nothing, "status": "missing" if commitment else "none"}
    body, key = mine[0], hex_bytes(observer["key"], 32)
    secret = hex_bytes(body["contribution"], 32), hex_bytes(body["salt"], 32)
    session = frozen.commits_closed_hash.hex(), frozen.groups_hash.hex()
    valid = (
        observer["id"] in attested
        and (body["commits_closed_hash"], body["groups_hash"]) == session
        and h("commit", frozen.header_hash, observer["id"].encode(), key, *secret).hex() == commitment  # C7
    )
    if not valid:
        return {**nothing, "status": "wrong"}
    return {"contribution": body["contribution"], "salt": body["salt"], "status": "received"}


def check_openings(record: Record, report: Report, frozen: Frozen) -> bytes:
    """C16."""
    closed, attested = report.only("reveals.closed"), report.only("reveals.opened")["attested"]
    commitments, entries = report.only("commits.closed")["commitments"], record.before("opening", "reveals.closed")
    observers = frozen.header["observers"]
    expected = [opening_of(o, entries, attested, commitments[i], frozen) for i, o in enumerate(observers)]
    report.each("C16", "揭示 opening", closed["openings"], expected)
    fields = [hex_bytes(o[f], 32, empty=True) for o in closed["openings"] for f in ("contribution", "salt")]
    result = h("reveals.closed", *fields)
    report.same("C16", "揭示截止哈希 reveals_closed_hash", closed["hash"], result)
    return result


def check_frozen(record: Record, report: Report) -> Frozen:
    """All that goes into the challenge. What follows is computed from the record's files, not from stated hashes."""
    data, entry = record.data("header.json"), report.only("header")
    header = decode_json(data, "header.json")
    report.same("C6", "总表哈希 header_hash", entry["hash"], h("header", data))
    report.same("C6", "总表大小 size of header", entry["size"], len(data))
    report.same("C3", "方案哈希 plan_hash", header["plan"], h("plan", record.data("plan.json")))
    report.same("C6", "场次 session", header["session"], record.about["session"])
    commits = check_commitments(record, report, header["observers"])
    groups = check_groups_hash(record, report, header["draws"])
    frozen = Frozen(header, h("header", data), commits, groups, b"")
    return frozen._replace(reveals_closed_hash=check_openings(record, report, frozen))


# --- The delay (C22) ----------------------------------------------------------------------------------------------


def check_delay(report: Report, segments: list[Any], frozen: Frozen) -> None:
    """C19, C20, C22: the segments form one chain from x0."""
    delay, challenge = frozen.header["delay"], h("delay", *frozen.fields())
    d = -prime(challenge, 1024, {0, 1, 2, 1023})
    x = Form(2, 1, (1 - d) // 8)
    for i, segment in enumerate(segments):
        try:
            y, proof = (dec(hex_bytes(segment[k], 100), d) for k in ("y", "proof"))
        except (ValueError, OverflowError, UnreadableError) as error:
            report.need("C21", f"延时第 {i + 1} 段编码 encoding of delay segment {i + 1}", "valid", f"refused: {error}")
        verdict = "valid" if proven(x, y, proof, delay["iterations"] // delay["segments"], d) else "refused"
        report.need("C20", f"延时第 {i + 1} 段证明 proof of delay segment {i + 1}", "valid", verdict)
        x = y


# --- From seed to class lists (A0, A13-A19) ------------------------------------------------------------------------


class Stream:
    """A0."""

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.taken = 0

    def word(self) -> int:
        block, place = divmod(self.taken, 8)
        self.taken += 1
        data = hashlib.sha256(self.key + block.to_bytes(8, "big")).digest()
        return int.from_bytes(data[4 * place : 4 * place + 4], "big")

    def below(self, n: int) -> int:
        while True:
            word = self.word()
            if word < (1 << 32) - (1 << 32) % n:
                return word % n

    def shuffle(self, items: list[int]) -> list[int]:
        for i in range(len(items) - 1, 0, -1):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]
        return items


def allocate(groups: Any, draw_seed: bytes, k: int, n: int) -> tuple[int, list[int]]:
    """A17, A18: the bundling picked and the class of every unit."""
    stream, classes = Stream(h("permuting", draw_seed)), [0] * n
    for block in groups["blocks"]:
        p = stream.shuffle(list(range(1, k + 1)))
        for j in range(k):
            classes[block[j]] = p[j]
    m = stream.below(len(groups["bundlings"]))
    p = stream.shuffle(list(range(1, k + 1)))
    for j in range(k):
        for unit in groups["bundlings"][m][j]:
            classes[unit] = p[j]
    return m, classes


def tree_root(hashes: list[bytes]) -> bytes:
    """L7, of leaf hashes; at least one."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + tree_root(hashes[:split]) + tree_root(hashes[split:])).digest()


def check_units(report: Report, units: Any, draw: Any) -> list[int]:
    """R4: order and root of the units. Returns the number of students of each."""
    leaves = [[hex_bytes(leaf, 32) for leaf in unit] for unit in units["units"]]
    hashes, frozen = [h("unit", *unit) for unit in leaves], draw["frozen"]
    report.need("R4", "units.json draw", units["draw"], draw["id"])
    report.need("R4", "单元数 number of units", len(leaves), frozen["units"])
    report.need("R4", "学生数 number of students", sum(map(len, leaves)), frozen["students"])
    report.same("R4", "单元次序 order of units", hashes == sorted(set(hashes)), True)
    report.same("R4", "单元内次序 order within units", all(u == sorted(set(u)) for u in leaves), True)
    root = tree_root([hashlib.sha256(b"\x00" + unit).digest() for unit in hashes])
    report.same("R4", "名册根 roster_root", frozen["roster_root"], root)
    return [len(unit) for unit in leaves]


def check_groups(report: Report, groups: Any, draw: Any, m: int, sizes: list[int]) -> None:
    """R6, A13-A16."""
    k, frozen, blocks, remainder = draw["classes"], draw["frozen"], groups["blocks"], groups["remainder"]
    report.need("R6", "groups.json draw", groups["draw"], draw["id"])
    report.need("R6", "groups.json version", groups["version"], VERSION)
    in_blocks = [unit for block in blocks for unit in block]
    report.need("R6", "每个单元恰好一次 every unit once", sorted(in_blocks + remainder), list(range(len(sizes))))
    ordered = blocks == sorted(sorted(b) for b in blocks) and remainder == sorted(remainder)
    report.need("R6", "次序 order of blocks and remainder", ordered, True)
    report.need("A13", "每块单元数 units of blocks", [len(b) for b in blocks], [k] * len(blocks))
    report.need("A13", "分法数 number of bundlings", len(groups["bundlings"]), m)
    report.need("A14", "块数 number of blocks", len(blocks), frozen["blocks"])
    report.need("A14", "余数 units of the remainder", len(remainder), frozen["remainder"])
    if draw["kind"] == "classes":
        report.same("A15", "块内均为单人 blocks hold single students", all(sizes[u] == 1 for u in in_blocks), True)
    else:
        report.same("A24", "全部单位为一块 one block of all units", (len(groups["blocks"]), groups["remainder"]), (1, []))
    for i, bundles in enumerate(groups["bundlings"]):
        report.need("A13", f"分法 {i} 的组数 bundles of bundling {i}", len(bundles), k)
        units = sorted(unit for bundle in bundles for unit in bundle)
        report.need("R6", f"分法 {i} 的单元 units of bundling {i}", units, remainder)
        full = sorted(sorted(b) for b in bundles if b)
        report.need("R6", f"分法 {i} 的次序 order of bundling {i}", bundles, full + [[]] * (k - len(full)))
        check_spread(report, f"A16 分法 bundling {i}", [sum(sizes[u] for u in b) for b in bundles], sizes)


def check_spread(report: Report, name: str, counts: list[int], sizes: list[int]) -> None:
    """A16, A19."""
    spread, limit = max(counts) - min(counts), 1 if max(sizes) == 1 else 2
    report.same(name[:3], f"{name[4:]} 人数差 spread of students (≤ {limit})", spread, min(spread, limit))


def check_result(report: Report, result: Any, draw: Any, expected: Any) -> None:
    """R7: result.json, value by value, and its hash in the ledger (C24)."""
    for rule, name in (("R7", "draw"), ("R7", "version"), ("C23", "draw_seed"), ("A18", "bundling")):
        report.same(rule, f"result.json {name}", result[name], expected[name])
    report.each("A17", "单元的班级 class of unit", result["classes"], expected["classes"])
    report.each("A19", "班级人数 students of class", result["counts"], expected["counts"])
    data, path = canonical(expected), f"draws/{draw['id']}/result.json"
    report.same("R7", path, result, expected)
    stated = [item for item in report.only("result")["draws"] if item["draw"] == draw["id"]]
    entry = {"draw": draw["id"], "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    report.same("C24", f"账本中的哈希 hash of {path} in the ledger", stated, [entry])


# --- All of it -----------------------------------------------------------------------------------------------------


def check_segments(record: Record, report: Report, frozen: Frozen) -> list[Any]:
    """C22: delay.json and the ledger hold the same n segments."""
    segments, n = record.json("delay.json")["segments"], frozen.header["delay"]["segments"]
    report.each("C22", "延时分段 delay segment", report.only("delay.done")["segments"], segments)
    report.need("C22", "延时段数 number of delay segments", len(segments), n)
    return list(segments)


def replay_draw(record: Record, report: Report, frozen: Frozen, draw: Any, y: bytes) -> Any:
    """C23, A13-A19: the result of one draw, recomputed."""
    folder = f"draws/{draw['id']}/"
    # C26, without the pairing: whether the signature is the beacon's is for a verifier with BLS12-381 to say.
    beacons = [hex_bytes(one["body"]["signature"], 48) for one in record.before("beacon", "seed")]
    seed = h("seed", *frozen.fields(), y, hashlib.sha256(beacons[0]).digest() if beacons else b"")
    report.same("C23", "种子 seed", report.only("seed")["seed"], seed)
    groups, sizes = record.json(folder + "groups.json"), check_units(report, record.json(folder + "units.json"), draw)
    check_groups(report, groups, draw, frozen.header["bundlings"], sizes)
    draw_seed, k = h("draw", seed, draw["id"].encode()), draw["classes"]
    m, classes = allocate(groups, draw_seed, k, len(sizes))
    counts = [sum(sizes[u] for u in range(len(sizes)) if classes[u] == c) for c in range(1, k + 1)]
    if draw["kind"] == "classes":
        check_spread(report, "A19 各班 classes", counts, sizes)
    expected = {"bundling": m, "classes": classes, "counts": counts, "draw": draw["id"], "draw_seed": draw_seed.hex()}
    expected["version"] = VERSION
    check_result(report, record.json(folder + "result.json"), draw, expected)
    return expected


def replay(record: Record, report: Report, draw_id: str) -> str:
    """Everything in order; the delay, which takes seconds, last. Returns the class lists as text."""
    frozen = check_frozen(record, report)
    draws = [d for d in frozen.header["draws"] if d["id"] == draw_id]
    require(draws, "DRAW: " + ascii(draw_id))
    challenge_agrees = not report.lines
    segments = check_segments(record, report, frozen)
    expected = replay_draw(record, report, frozen, draws[0], hex_bytes(segments[-1]["y"], 100))
    if challenge_agrees:
        check_delay(report, segments, frozen)
    else:
        report.lines.append("延时未检查：其输入已不一致 the delay was not checked: its input differs already\n")
    return class_lists(draws[0], expected)


def class_lists(draw: Any, expected: Any) -> str:
    lines = [f"学校 school {draw['school']}，年级 grade {draw['grade']}，抽取 draw {draw['id']}"]
    lines.append(f"抽取种子 draw seed {expected['draw_seed']}")
    for c in range(1, draw["classes"] + 1):
        units = " ".join(str(u) for u, its in enumerate(expected["classes"]) if its == c)
        lines.append(f"{c} 班 class {c}：{expected['counts'][c - 1]} 名学生 students；单元 units：{units}")
    return "\n".join(lines) + "\n"


def say(text: str) -> None:
    sys.stdout.buffer.write(text.encode())


def main(arguments: list[str]) -> int:
    try:
        require(len(arguments) == 2, "用法 usage: python replay.py RECORD.zip DRAW")
        record = Record(arguments[0])
        report, text = Report(record), ""
        try:
            text = replay(record, report, arguments[1])
        except DiffersError:
            report.lines.append("其后各步未计算 the steps after this were not computed\n")
    except UnreadableError as error:
        say(f"无法读取 unreadable: {ascii(str(error)) if not str(error).isprintable() else error}\n")
        return 2
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        say(f"无法读取：格式不符 unreadable: a value is not of its form: {repr(error)!a}\n")
        return 2
    say("".join(report.lines) if report.lines else text + "全部一致 everything agrees\n")
    return 1 if report.lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
