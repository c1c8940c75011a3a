"""An independent third reading: replays the class lists of one draw from a published record.

    python replay.py RECORD.zip DRAW

Written from the pages of spec/ alone, by somebody who had read neither the verifier nor the program that draws.
Standard library only. It recomputes every value between the frozen header and the class of every unit: header hash
(C6), commitments and openings (C7, C10, C16), groups hash (C11), challenge and delay proofs (C19-C22), seed and draw
seed (C23), classes (A17-A19, A24, A25), and compares each with what the record states.

It does NOT check who signed, in what order, before which witness, or whether quorums were reached, nor the files that
the class lists do not depend on: a full verifier does. A file that is not canonical (E5) is unreadable here.

Exit code 0: all agrees. 1: something differs (every difference is printed: rule, stated, recomputed). 2: unreadable.
"""

from __future__ import annotations

import hashlib
import sys
from typing import Any, NamedTuple

from delay import Form, dec, prime, proven
from permuting import Drawn, drawn, h, keepable
from reading import VERSION, DiffersError, Record, Report, UnreadableError, canonical, decode_json, hex_bytes, require

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


# --- Units, groups and classes (A13-A19, A24-A26) -------------------------------------------------------------------

#: C25, C28: the largest K of every kind.
MOST = {"classes": 200, "late": 200, "teachers": 200, "select": 200, "order": 200, "audit": 20_000}


def whole(value: Any, least: int, most: int) -> bool:
    """An integer (true is none) within bounds."""
    return type(value) is int and least <= value <= most


def tree_root(hashes: list[bytes]) -> bytes:
    """L7, of leaf hashes; at least one."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + tree_root(hashes[:split]) + tree_root(hashes[split:])).digest()


def check_units(report: Report, units: Any, draw: Any) -> list[int]:
    """R4: order and root of the units. Returns the number of students of each."""
    pairs = [[[hex_bytes(half, 32) for half in pair] for pair in unit] for unit in units["units"]]
    leaves = [[h("leaf", identity, attributes) for identity, attributes in unit] for unit in pairs]
    hashes, frozen = [h("unit", *unit) for unit in leaves], draw["frozen"]
    report.need("R4", "units.json draw", units["draw"], draw["id"])
    report.need("R4", "单元数 number of units", len(leaves), frozen["units"])
    report.need("R4", "学生数 number of students", sum(map(len, leaves)), frozen["students"])
    report.same("R4", "单元次序 order of units", hashes == sorted(set(hashes)), True)
    report.same("R4", "单元内次序 order within units", all(u == sorted(set(u)) for u in leaves), True)
    root = tree_root([hashlib.sha256(b"\x00" + unit).digest() for unit in hashes])
    report.same("R4", "名册根 roster_root", frozen["roster_root"], root)
    return [len(unit) for unit in leaves]


def check_numbers(report: Report, draw: Any, m: Any, n: int) -> None:
    """C3, C25, C28: what bounds the work that follows."""
    require(draw["kind"] in MOST, "C25: kind")
    report.need("C25", "班数 number of classes", whole(draw["classes"], 2, MOST[draw["kind"]]), True)
    report.need("C3", "分法数 number of bundlings", whole(m, 1, 256), True)
    if draw["kind"] not in {"classes", "late"}:
        report.need("C25", "班数等于单位数 classes are units", draw["classes"], n)


def check_groups(report: Report, groups: Any, draw: Any, m: int, sizes: list[int]) -> None:
    """R6, A13-A16, A24, A26."""
    k, frozen, blocks, remainder = draw["classes"], draw["frozen"], groups["blocks"], groups["remainder"]
    report.need("R6", "groups.json draw", groups["draw"], draw["id"])
    report.need("R6", "groups.json version", groups["version"], VERSION)
    in_blocks = [unit for block in blocks for unit in block]
    report.need("R6", "每个单元恰好一次 every unit once", sorted(in_blocks + remainder), list(range(len(sizes))))
    ordered = blocks == sorted(sorted(b) for b in blocks) and remainder == sorted(remainder)
    report.need("R6", "次序 order of blocks and remainder", ordered, True)
    size = len(sizes) if draw["kind"] == "late" else k
    report.need("A13", "每块单元数 units of blocks", [len(b) for b in blocks], [size] * len(blocks))
    report.need("A13", "分法数 number of bundlings", len(groups["bundlings"]), m)
    report.need("A14", "块数 number of blocks", len(blocks), frozen["blocks"])
    report.need("A14", "余数 units of the remainder", len(remainder), frozen["remainder"])
    if draw["kind"] == "classes":
        report.same("A15", "块内均为单人 blocks hold single students", all(sizes[u] == 1 for u in in_blocks), True)
    else:
        report.need("A24", "全部单位为一块 one block of all units", (len(blocks), remainder), (1, []))
    for i, bundles in enumerate(groups["bundlings"]):
        report.need("A13", f"分法 {i} 的组数 bundles of bundling {i}", len(bundles), k)
        units = sorted(unit for bundle in bundles for unit in bundle)
        report.need("R6", f"分法 {i} 的单元 units of bundling {i}", units, remainder)
        full = sorted(sorted(b) for b in bundles if b)
        report.need("R6", f"分法 {i} 的次序 order of bundling {i}", bundles, full + [[]] * (k - len(full)))
        check_spread(report, f"A16 分法 bundling {i}", [sum(sizes[u] for u in b) for b in bundles], sizes)
    check_pins(report, groups, draw, len(sizes))
    check_bars(report, groups["barred"], draw, len(sizes))


def check_pairs(report: Report, name: str, pairs: Any, n: int, k: int) -> None:
    """R6: [unit index, class], ascending, none twice."""
    for pair in pairs:
        report.need("R6", name, len(pair) == 2 and whole(pair[0], 0, n - 1) and whole(pair[1], 1, k), True)
    report.need("R6", f"{name} 次序 order", pairs, [list(pair) for pair in sorted({tuple(pair) for pair in pairs})])


def check_pins(report: Report, groups: Any, draw: Any, n: int) -> None:
    """A26, for kind `classes`; of other kinds nothing is pinned (C25)."""
    check_pairs(report, "指定 pin", groups["pins"], n, draw["classes"])
    counted = draw["frozen"]["constraints"]["pins"].values()
    report.need("C4", "各理由的指定数 pins by reason", all(whole(number, 1, n) for number in counted), True)
    report.need("A26", "指定数 number of pins", len(groups["pins"]), sum(counted))
    if draw["kind"] != "classes":
        report.need("C25", "指定 pins", groups["pins"], [])
        return
    pinned = dict(groups["pins"])
    report.need("A26", "指定的单元各不相同 pins of different units", len(pinned), len(groups["pins"]))
    for i, block in enumerate(groups["blocks"]):
        classes = [pinned[unit] for unit in block if unit in pinned]
        report.need("A26", f"块 {i} 内指定的班各不相同 pins of block {i} differ", len(set(classes)), len(classes))
    wanted = {pinned[unit] for unit in groups["remainder"] if unit in pinned}
    for i, bundles in enumerate(groups["bundlings"]):
        held = [{pinned[unit] for unit in bundle if unit in pinned} for bundle in bundles]
        one_each = sorted(c for classes in held for c in classes) == sorted(wanted) and all(len(c) < 2 for c in held)
        report.need("A26", f"分法 {i} 中指定同班者同组 pins of bundling {i}, one bundle a class", one_each, True)


def check_bars(report: Report, barred: Any, draw: Any, n: int) -> None:
    """A26, C25. Afterwards A24 comes to an end."""
    check_pairs(report, "回避 bar", barred, n, draw["classes"])
    report.need("A26", "回避数 number of bars", len(barred), draw["frozen"]["constraints"]["barred"])
    if draw["kind"] != "teachers":
        report.need("C25", "回避 bars", barred, [])
        return
    report.need("C25", "回避至多 K 条 at most K bars", len(barred) <= draw["classes"], True)
    teams = [unit for unit, _ in barred]
    report.need("C25", "每队至多两条回避 at most two bars a team", all(teams.count(u) <= 2 for u in set(teams)), True)
    report.need("C25", "回避可以满足 bars can be kept", keepable(barred, draw["classes"]), True)


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
    report.same("A25", "别无选择的单元 forced units", result["forced"], expected["forced"])
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


def allocate(record: Record, report: Report, draw: Any, groups: Any, sizes: list[int], draw_seed: bytes) -> Drawn:
    """A17, A18, A24; A25 begins with the plan's sizes."""
    late = None
    if draw["kind"] == "late":
        before = {d["id"]: d["sizes"] for d in record.json("plan.json")["draws"]}[draw["id"]]
        report.need("C28", "原有人数 students before", [whole(s, 0, 1000) for s in before], [True] * draw["classes"])
        late = before, sizes
    blocks, bundlings = groups["blocks"], groups["bundlings"]
    return drawn(draw_seed, draw["classes"], blocks, bundlings, pins=groups["pins"], barred=groups["barred"], late=late)


def replay_draw(record: Record, report: Report, frozen: Frozen, draw: Any, y: bytes) -> Any:
    """C23, A13-A19, A24-A26: the result of one draw, recomputed."""
    folder = f"draws/{draw['id']}/"
    # C26, without the pairing: whether the signature is the beacon's is for a verifier with BLS12-381 to say.
    beacons = [hex_bytes(one["body"]["signature"], 48) for one in record.before("beacon", "seed")]
    seed = h("seed", *frozen.fields(), y, hashlib.sha256(beacons[0]).digest() if beacons else b"")
    report.same("C23", "种子 seed", report.only("seed")["seed"], seed)
    groups, sizes = record.json(folder + "groups.json"), check_units(report, record.json(folder + "units.json"), draw)
    check_numbers(report, draw, frozen.header["bundlings"], len(sizes))
    check_groups(report, groups, draw, frozen.header["bundlings"], sizes)
    draw_seed = h("draw", seed, draw["id"].encode())
    done, counts = allocate(record, report, draw, groups, sizes, draw_seed), [0] * draw["classes"]
    for size, number in zip(sizes, done.classes, strict=True):
        counts[number - 1] += size
    if draw["kind"] == "classes":
        check_spread(report, "A19 各班 classes", counts, sizes)
    expected = {"bundling": done.bundling, "classes": done.classes, "counts": counts, "forced": done.forced}
    expected |= {"draw": draw["id"], "draw_seed": draw_seed.hex(), "version": VERSION}
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
    """One line a class, or a position where that is drawn (C25)."""
    lines = [f"学校 school {draw['school']}，年级 grade {draw['grade']}，抽取 draw {draw['id']}"]
    lines.append(f"抽取种子 draw seed {expected['draw_seed']}")
    units: list[list[str]] = [[] for _ in expected["counts"]]
    for unit, number in enumerate(expected["classes"]):
        units[number - 1].append(str(unit))
    form = "第 {0} 位 position {0}" if draw["kind"] in {"select", "order", "audit"} else "{0} 班 class {0}"
    for c, count in enumerate(expected["counts"]):
        lines.append(f"{form.format(c + 1)}：{count} 名学生 students；单元 units：{' '.join(units[c])}")
    if expected["forced"]:
        lines.append(f"别无选择的单元 forced units：{' '.join(map(str, expected['forced']))}")
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
