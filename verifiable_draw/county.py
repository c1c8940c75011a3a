"""A generated county: schools, children and roster workbooks as they really arrive, for trials and rehearsals.

Everything follows from a seed. The generator is Python's `random.Random`, which is not fit for any draw; it is used
here because generated people are no outcome. No number can belong to a child: identity numbers carry a
valid check character, but the area code begins with 99, which no administrative area does. Names are combined at
random from common characters.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from verifiable_draw.county_regions import Region, region_of
from verifiable_draw.county_workbooks import ERRORS, FORMS, MESS, write_workbook
from verifiable_draw.errors import UsageError
from verifiable_draw.rosters.identity import birth_date_of, check_character
from verifiable_draw.rosters.student import Student

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ERRORS", "FORMS", "MESS", "SchoolSpec", "generate_students", "school_specs", "write_workbook"]

CLASS_LOW, CLASS_HIGH, CLASS_USUAL = 35, 50, 44
"""Children in a class."""

PRIMARY, JUNIOR = 1, 7
JUNIOR_SHARE = 0.3
YEAR = 2026
"""The school year that begins; first-graders are six by the end of August, seventh-graders twelve."""

_PLACES = "青杠 白岩 枫香 茶园 龙潭 石桥 双河 清溪 桐梓坪 云台 柏杨 银杏 竹林 大井 杉树 花溪湾 月亮 金竹 梨园 水口"
_KINDS = {PRIMARY: "完全小学 中心小学 第一小学 第二小学 实验小学", JUNIOR: "初级中学 民族中学 第一中学 第二中学 学校"}

_SURNAMES = "王 李 张 刘 陈 杨 赵 黄 周 吴 徐 孙 胡 朱 高 林 何 郭 马 罗 梁 宋 郑 谢 韩 唐 冯 于 董 萧 程 曹 袁 邓 "
_MORE_SURNAMES = (
    "许 傅 沈 曾 彭 吕 苏 卢 蒋 蔡 贾 丁 魏 薛 叶 阎 余 潘 杜 戴 夏 钟 汪 田 任 姜 石 龙 欧阳 令狐 仡 覃 莫"
)
_GIVEN = {
    "1": "浩宇 子轩 宇航 俊杰 梓豪 一鸣 文博 嘉豪 天佑 志强 明轩 睿 涛 鑫 航 磊 家乐 国栋 永贵 承恩",
    "2": "子涵 欣怡 梓涵 诗涵 雨桐 思雨 佳怡 梦瑶 一诺 可馨 婷婷 雪 丽 静 悦 秀英 春燕 小满 阿朵 玉兰",
}
_LETTERS = (
    "安 北 晨 丹 恩 芳 光 海 嘉 凯 兰 明 宁 平 琪 若 书 彤 文 希 轩 阳 泽 芷 仁 德 昌 盛 远 启 云 山 "
    "木 禾 星 月 言 之 亦 乐"
)
_RARE = "\u4dae \u36c3 \U00023c98 \U0002cc56 \U00020c8f \u7287 \u7fef \u3dea"
_DOTTED = {"07": "吉克 阿苦 沙马 曲比", "05": "阿卜杜 买买提 古丽", "04": "扎西 洛桑 卓玛", "06": "仰 告 董"}
_DOTTED_GIVEN = "阿依 木乃 拉铁 热合曼 次仁 央金 朵 里"

_TWIN_SHARE = 0.012
_TRIPLET_SHARE = 0.04
_APART_SHARE = 0.35
_STAFF_SHARE = 0.006
_RARE_SHARE = 0.004
_DOTTED_SHARE = 0.15
_FALLBACK_SHARE = 0.003
_PASSPORT_SHARE = 0.0015
_OLD_REGISTRATION_SHARE = 0.97
_POPULAR_SHARE = 0.4

Seed = str | bytes


@dataclass(frozen=True, slots=True)
class SchoolSpec:
    """One school's starting grade: code of 10 digits, name, grade 1 or 7, number of students and of classes."""

    code: str
    name: str
    grade: int
    students: int
    classes: int


def school_specs(schools: int, students: int, seed: Seed) -> tuple[SchoolSpec, ...]:
    """Return schools of mixed sizes with exactly `students` children in all, classes of 35 to 50.

    The last school has a single class, and no other one. A county of one school has the classes it needs.
    UsageError if the numbers do not fit.
    """
    rng = _rng(seed, "schools")
    classes = _class_counts(schools, students, rng)
    sizes = _sizes(classes, students, rng)
    kinds = [JUNIOR if rng.random() < JUNIOR_SHARE else PRIMARY for _ in classes]
    if schools > 1:
        kinds[:2] = [PRIMARY, JUNIOR]
    names = _school_names(kinds, rng)
    return tuple(
        SchoolSpec(f"99{kind}{number:07d}", name, kind, size, count)
        for number, (kind, name, size, count) in enumerate(zip(kinds, names, sizes, classes, strict=True), start=1)
    )


def _class_counts(schools: int, students: int, rng: random.Random) -> list[int]:
    """Spread the classes over the schools, few schools having many; the last one gets the single class."""
    single = 1 if schools > 1 else 0
    least = 2 * (schools - single) + single if schools > 1 else 1
    lowest, highest = max(least, -(-students // CLASS_HIGH)), students // CLASS_LOW
    if schools < 1 or lowest > highest:
        raise UsageError("roster.county_size", students=students, schools=schools, low=CLASS_LOW, high=CLASS_HIGH)
    wanted = min(max(lowest, round(students / CLASS_USUAL)), highest)
    if schools == 1:
        return [wanted]
    counts = [2] * (schools - 1) + [1]
    weights = [rng.lognormvariate(0, 0.9) for _ in range(schools - 1)]
    for index in rng.choices(range(schools - 1), weights, k=wanted - least):
        counts[index] += 1
    return counts


def _sizes(classes: Sequence[int], students: int, rng: random.Random) -> list[int]:
    """Fill every class to 35, then give the rest out unevenly up to 50 a class."""
    room = [(CLASS_HIGH - CLASS_LOW) * count for count in classes]
    rest = students - CLASS_LOW * sum(classes)
    share = rest / max(1, sum(room))
    filled = [round(min(1.0, max(0.0, rng.gauss(share, 0.2))) * space) for space in room]
    missing = rest - sum(filled)
    while missing:
        step = 1 if missing > 0 else -1
        open_to = [index for index, space in enumerate(room) if 0 <= filled[index] + step <= space]
        for index in rng.sample(open_to, min(len(open_to), abs(missing))):
            filled[index] += step
            missing -= step
    return [CLASS_LOW * count + extra for count, extra in zip(classes, filled, strict=True)]


def _school_names(kinds: Sequence[int], rng: random.Random) -> list[str]:
    pools = {}
    for kind, words in _KINDS.items():
        pools[kind] = [place + word for word in words.split() for place in _PLACES.split()]
        rng.shuffle(pools[kind])
    used = dict.fromkeys(pools, 0)
    names = []
    for kind in kinds:
        turn, index = divmod(used[kind], len(pools[kind]))
        names.append(pools[kind][index] + (f"第{turn + 1}校区" if turn else ""))
        used[kind] += 1
    return names


def _surname_length(name: str) -> int:
    return max(len(surname) for surname in (_SURNAMES + _MORE_SURNAMES).split() if name.startswith(surname))


def _rng(seed: Seed, use: str) -> random.Random:
    text = seed.hex() if isinstance(seed, bytes) else seed
    return random.Random(f"{text}/{use}")  # noqa: S311  generated people are no outcome


def generate_students(spec: SchoolSpec, seed: Seed, region: str = "guizhou") -> tuple[Student, ...]:
    """Return the children of one school in no particular order; `where` is empty, since nothing was read.

    Numbers are unique over all schools whose codes differ in the last four digits. UsageError for an unknown region.
    """
    return _School(spec, _rng(seed, spec.code), region_of(region)).students()


class _School:
    """The shares of one school and the children made so far."""

    def __init__(self, spec: SchoolSpec, rng: random.Random, region: Region) -> None:
        """Choose the school's own shares."""
        self.spec = spec
        self.rng = rng
        self.area = f"99{spec.code[-4:]}"
        self.migrants = rng.uniform(*region.migrants)
        self.disabled = rng.uniform(0.005, 0.02)
        self.ethnicities = {name: share * rng.uniform(0.5, 1.5) for name, share in region.shares.items()}
        self.primaries = _school_names([PRIMARY] * 6, rng)
        self.numbers: set[str] = set()

    def students(self) -> tuple[Student, ...]:
        """Make families until the school is full; the last places never hold a part of a family."""
        made: list[Student] = []
        group = 0
        while len(made) < self.spec.students:
            free = self.spec.students - len(made)
            twins = self.rng.random() < _TWIN_SHARE / 2
            members = min(3 if self.rng.random() < _TRIPLET_SHARE else 2, free) if twins else 1
            family = [self.child()]
            if members > 1:
                group += 1
                family = self.siblings(family[0], members, str(group))
            made += family
        self.rng.shuffle(made)
        return tuple(made)

    def child(self) -> Student:
        """Make one child without siblings at the school."""
        rng = self.rng
        sex = "1" if rng.random() < 0.525 else "2"
        ethnicity = rng.choices(list(self.ethnicities), list(self.ethnicities.values()))[0]
        student = Student(
            school=self.spec.code,
            grade=self.spec.grade,
            name=self.name(sex, ethnicity),
            sex=sex,
            document_type="1",
            document_number=self.number(self.birthday(), sex),
            registration="",
            ethnicity=ethnicity,
            migrant=rng.random() < self.migrants,
            disability=rng.random() < self.disabled,
            twin_group="",
            twin_wish="",
            staff_child=rng.random() < _STAFF_SHARE,
            primary_school=rng.choice(self.primaries) if self.spec.grade == JUNIOR else "",
        )
        # A citizen number says the day of birth; the document that takes its place may not.
        born = birth_date_of(student.document_number)
        return self.registered(replace(student, birth_date=born))

    def registered(self, student: Student) -> Student:
        """Add the 学籍号, which older children have; a few children have no identity card, fewer a passport."""
        number = student.document_number
        kind = self.rng.random()
        if kind < _FALLBACK_SHARE:
            return replace(student, document_type="G", document_number=f"L{number}", registration=f"L{number}")
        if kind < _FALLBACK_SHARE + _PASSPORT_SHARE:
            return replace(student, document_type="A", document_number=f"E{number[-9:-1]}")
        if student.grade == JUNIOR and self.rng.random() < _OLD_REGISTRATION_SHARE:
            return replace(student, registration=f"G{number}")
        return student

    def siblings(self, first: Student, members: int, group: str) -> list[Student]:
        """Make the other children of a family, born the same day, and what the parents wish."""
        wish = "apart" if self.rng.random() < _APART_SHARE else "together"
        birthday = date.fromisoformat(first.birth_date)
        surname = first.name.split("·")[0] if "·" in first.name else first.name[: _surname_length(first.name)]
        family = [replace(first, twin_group=group, twin_wish=wish, consent=True)]
        while len(family) < members:
            sex = self.rng.choice("12")
            given = self.rng.choice(_GIVEN[sex].split())
            sibling = replace(
                first,
                name=f"{surname}·{given}" if "·" in first.name else surname + given,
                sex=sex,
                document_type="1",
                document_number=self.number(birthday, sex),
                registration="",
                disability=False,
                twin_group=group,
                twin_wish=wish,
                consent=True,
            )
            family.append(sibling)
        return family

    def name(self, sex: str, ethnicity: str) -> str:
        """Make a name; popular given names are shared by several children of one school."""
        rng = self.rng
        if ethnicity in _DOTTED and rng.random() < _DOTTED_SHARE:
            return f"{rng.choice(_DOTTED[ethnicity].split())}·{rng.choice(_DOTTED_GIVEN.split())}"
        surnames = (_SURNAMES + _MORE_SURNAMES).split()
        surname = rng.choices(surnames, [1 / (rank + 4) for rank in range(len(surnames))])[0]
        if rng.random() < _RARE_SHARE:
            return surname + rng.choice(_RARE.split())
        if rng.random() < _POPULAR_SHARE:
            return surname + rng.choice(_GIVEN[sex].split())
        return surname + "".join(rng.choices(_LETTERS.split(), k=rng.choice((1, 2, 2, 2))))

    def birthday(self) -> date:
        """Return a day of the year of birth that this grade has; it runs from September to August."""
        first = date(YEAR - (6 if self.spec.grade == PRIMARY else 12) - 1, 9, 1)
        return first + timedelta(days=self.rng.randrange(365))

    def number(self, birthday: date, sex: str) -> str:
        """Return an identity number that no other child of the school has."""
        while True:
            sequence = 10 * self.rng.randrange(100) + 2 * self.rng.randrange(5) + (sex == "1")
            first = f"{self.area}{birthday:%Y%m%d}{sequence:03d}"
            if first not in self.numbers:
                self.numbers.add(first)
                return first + check_character(first)
