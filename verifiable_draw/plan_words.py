"""What is wrong with a plan, said in Chinese and English: a label for its path, a sentence for what is expected."""

from __future__ import annotations

import re
from collections.abc import Iterable

from verifiable_draw.schema import Problem
from verifiable_draw.texts import catalogue

# Path in the plan -> the text that names it on the form; the longest that fits counts.
LABELS = {
    "session": "plan.field.session",
    "title": "plan.field.title",
    "date": "plan.field.date",
    "year": "plan.field.year",
    "rehearsal": "plan.field.rehearsal",
    "bundlings": "plan.field.bundlings",
    "quorum.covered": "plan.field.covered",
    "quorum.roles": "plan.field.roles",
    "windows.attest": "plan.field.attest",
    "windows.commit": "plan.field.commit",
    "windows.reveal": "plan.field.reveal",
    "windows.roster_to_header": "plan.field.freeze_wait",
    "delay": "plan.field.iterations",
    "sources.drand": "plan.field.drand",
    "sources.public_draw": "plan.field.public_draw",
    "sources.public_draw.alphabet": "plan.field.alphabet",
    "sources.public_draw.confirmations": "plan.field.confirmations",
    "sources.public_draw.length": "plan.field.length",
    "draws": "plan.field.draws",
    "attributes": "plan.rules",
    "crossed": "plan.crossed",
    "balance": "plan.balance",
    "contact": "plan.contact",
    "contact.email": "plan.contact.email",
    "contact.phone": "plan.contact.phone",
    "contact.site": "plan.contact.site",
    "pins": "plan.pins",
    "same_names": "plan.same_names",
    "recipients": "plan.field.recipients",
    "retention_years": "plan.field.retention",
    "screen": "plan.names",
}

# What a shape or a rule expects -> the same in Chinese.
EXPECTED: tuple[tuple[str, str], ...] = (
    (r"integer (\d+)\.\.(\d+)", r"应为 \1 到 \2 的整数"),
    (r"true or false", "应为是或否"),
    (r"text of 1\.\.(\d+) characters", r"不能空，最多 \1 个字"),
    (r"text of 0\.\.(\d+) characters", r"最多 \1 个字"),
    (r"one of (.+)", r"只能是 \1"),
    (r"(\d+) bytes in lower-case hexadecimal", r"应为 \1 字节的小写十六进制"),
    (r"array of (\d+) items", r"应有 \1 项"),
    (r"array of (\d+)\.\.(\d+) items", r"应有 \1 到 \2 项"),
    (r"object", "格式不对（应为对象）"),
    (r"missing", "缺少"),
    (r"unknown key", "多出不认识的一项"),
    (r"date YYYY-MM-DD", "日期写成 2026-08-25 的样子"),
    (r"id of a-z, 0-9 and -", "只能用小写字母、数字和连字符，最多 32 个，不以连字符开头"),
    (r"origin such as county\.example/ledger", "账本名称写成 county.example/ledger 的样子"),
    (r"ten digits", "应为十位数字"),
    (r"address http.*", "网址以 http:// 或 https:// 开头，以 / 结尾，最多 100 个字符"),
    (r"(\d+)\.\.(\d+) printable ASCII characters", r"\1 到 \2 个可打印的 ASCII 字符"),
    (r"sorted by id, every id once", "按编号排列，每个编号只能用一次（两个保管方不能是同一个）"),
    (r"all keys different", "密钥必须互不相同（同一把密钥贴了两次？）"),
    (r"torsion-free Ed25519 key", "不是合格的 Ed25519 公钥"),
    (r"every \(school, grade, kind, batch\) once", "同一学校、年级、种类和批次只能有一次抽取"),
    (r"every attribute once", "每个特征只能列一次"),
    (r"every value once", "每个取值只能列一次"),
    (r"every pair once", "每一对只能列一次"),
    (r"every name once", "每个班名只能用一次"),
    (r"every character once", "每个字符只能列一次"),
    (r"in order, every reason once: (.+)", r"按这个次序，每个原因一次：\1"),
    (r"at least one, to balance classes", "分班至少要均衡一个特征"),
    (r"at least one value that is balanced", "至少要留一个均衡的取值"),
    (r"values of the attribute, in its order, every one once", "不均衡的取值必须是这个特征的取值，次序相同，每个一次"),
    (r"from values that are not listed to values that are", "只能把没有列出的取值并入列出的取值"),
    (r"attributes of the plan, in its order, every one once", "必须是方案里的特征，次序相同，每个一次"),
    (r"two attributes of the plan, in its order", "必须是方案里的两个特征，次序相同"),
    (r"an attribute of the plan and a value of it that is not free", "限额的特征必须在方案里，取值必须是要均衡的"),
    (r"iterations a multiple of segments, at least 1000 each", "平方次数应是段数的倍数，每段至少 1000 次"),
    (r"0: as many places as there are units", "应为 0：名额与抽取单位一样多"),
    (r"2 or more, or, for kind classes, 0 and a largest class size in most",
     "班数至少 2；学生分班也可写 0 并填最大班额"),
    (r"0 but in draws of kind classes", "只有学生分班才能填，其他写 0"),
    (r"none, or one for every class", "不填，或每个班一个班名"),
    (r"students of every class before a draw of kind late; else none", "后到学生编班要填每个班现有人数，其他不填"),
    (r"1 but in draws of kind late", "只有后到学生编班才有批次，其他写 1"),
    (r"how many are chosen, for a draw of kind select \(at most 200\) or audit; else 0",
     "抽选（最多 200）和抽查要填抽几名，其他写 0"),
    (r"none but in draws of kind classes", "只有学生分班才能限额"),
)  # fmt: skip


def expected_in_chinese(expected: str) -> str:
    """The sentence in Chinese; "" if the table has none, which the tests forbid."""
    for pattern, zh in EXPECTED:
        found = re.fullmatch(pattern, expected)
        if found:
            return found.expand(zh)
    return ""


def _found(path: str) -> tuple[str, str]:
    """The text that names a path, "" if none does, and the rest of the path."""
    parts = re.sub(r"\[(\d+)\]", r".\1", path).split(".")
    for end in range(len(parts), 0, -1):
        key = LABELS.get(".".join(parts[:end]))
        if key:
            return key, ".".join(parts[end:])
    return "", path


def key_of(path: str) -> str:
    """The text that names a path on the form, "" if none does."""
    return _found(path)[0]


def label(path: str) -> tuple[str, str]:
    """What a path of the plan is called on the form, in Chinese and English; the rest of the path stays beside it."""
    key, rest = _found(path)
    if not key:
        return (path, path)
    row = catalogue()[key]
    numbered = re.sub(r"(?:^|(?<=\.))\d+(?=\.|$)", lambda found: str(int(found[0]) + 1), rest)
    return (f"{row[0]} {numbered}".rstrip(), f"{row[1]} {numbered}".rstrip())


def said(problem: Problem) -> tuple[str, str]:
    """One problem in Chinese and English."""
    path, expected = problem
    zh, en = label(path)
    return f"{zh}：{expected_in_chinese(expected) or expected}", f"{en}: {expected}"


def in_chinese(problems: Iterable[Problem]) -> str:
    """All problems in one text, each with its path, so that a file's reader finds the place."""
    return "；".join(
        f"{label(path)[0]}（{path}）：{expected_in_chinese(expected) or expected}" for path, expected in problems
    )
