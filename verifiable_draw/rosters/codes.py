"""Tables: the columns of a roster with their synonyms, and the codes and spellings of each coded column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

GRADES = {"1": "一年级", "7": "七年级"}
SEXES = {"1": "男", "2": "女"}

RESIDENT_CARD = "1"
HOUSEHOLD_BOOK = "B"
OTHER_DOCUMENT = "Z"
FALLBACK = "G"

DOCUMENT_TYPES = {
    "1": "居民身份证",
    "2": "军官证",
    "3": "士兵证",
    "4": "文职干部证",
    "5": "部队离退休证",
    "6": "香港特区护照/身份证明",
    "7": "澳门特区护照/身份证明",
    "8": "台湾居民来往大陆通行证",
    "9": "境外永久居住证",
    "A": "护照",
    "B": "户口簿",
    "G": "无身份证件",
    "Z": "其他",
}
"""身份证件类型 as student registration uses it; G is ours: no document, the 学籍号 stands in its place."""

PIN_REASONS = {
    "accessibility": "无障碍需要",
    "resource_room": "资源教室",
    "protection": "人身保护",
    "court": "法院文书",
}
"""Why a child may have to be in a certain class; there is no other reason, and none that speaks of marks (S19)."""

UNCODED_ETHNICITIES = ("穿青人", "其他")
"""Groups a roster may name although GB/T 3304 gives them no code."""

_NAMES = (
    "汉族 蒙古族 回族 藏族 维吾尔族 苗族 彝族 壮族 布依族 朝鲜族 满族 侗族 瑶族 白族 "
    "土家族 哈尼族 哈萨克族 傣族 黎族 傈僳族 佤族 畲族 高山族 拉祜族 水族 东乡族 纳西族 景颇族 "
    "柯尔克孜族 土族 达斡尔族 仫佬族 羌族 布朗族 撒拉族 毛南族 仡佬族 锡伯族 阿昌族 普米族 塔吉克族 怒族 "
    "乌孜别克族 俄罗斯族 鄂温克族 德昂族 保安族 裕固族 京族 塔塔尔族 独龙族 鄂伦春族 赫哲族 门巴族 珞巴族 基诺族"
)
ETHNICITIES = {f"{number:02d}": name for number, name in enumerate(_NAMES.split(), start=1)}
"""GB/T 3304: code -> name, 01 to 56."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the field it fills, its titles in Chinese and English, other titles in use, whether it must exist."""

    field: str
    title: str
    english: str
    required: bool
    synonyms: tuple[str, ...]


def _column(field: str, title: str, english: str, synonyms: str = "") -> Column:
    """Make a column; a star in front of the title marks a required one."""
    return Column(field, title.removeprefix("★"), english, title.startswith("★"), tuple(synonyms.split()))


COLUMNS = (
    _column(
        "school", "★学校标识码", "school code", "学校代码 学校编码 学校识别码 学校标识代码 标识码 学校(机构)标识码"
    ),
    _column("grade", "★年级", "grade", "就读年级 入学年级 年级名称 所在年级"),
    _column("name", "★姓名", "name", "学生姓名 名字 学生名字"),
    _column("sex", "★性别", "sex", "性别码 学生性别 性别代码"),
    _column(
        "document_type",
        "★身份证件类型",
        "document type",
        "身份证类型 证件类型 学生证件类型 学生身份证件类型 身份证件类型码 有效证件类型",
    ),
    _column(
        "document_number",
        "身份证件号",
        "document number",
        "身份证件号码 身份证号 身份证号码 证件号 证件号码 公民身份号码 学生身份证号 学生身份证件号",
    ),
    _column("registration", "学籍号", "registration number", "全国学籍号 学籍号码 学籍编号 学生学籍号 全国学籍号码"),
    _column("birth_date", "出生日期", "date of birth", "出生年月日 生日 学生出生日期 出生时间"),
    _column("ethnicity", "★民族", "ethnicity", "民族码 民族代码 民族成分"),
    _column(
        "migrant",
        "随迁子女",
        "migrant child",
        "是否随迁子女 是否随迁 进城务工人员随迁子女 是否进城务工人员随迁子女 是否务工随迁子女",
    ),
    _column("disability", "随班就读", "disabled student in a regular class", "是否随班就读 随班就读学生"),
    _column(
        "twin_group",
        "多胞胎组号",
        "twin group",
        "双胞胎组号 多胞胎编号 双胞胎编号 双(多)胞胎组号 多胞胎组别 双胞胎组别",
    ),
    _column(
        "twin_wish",
        "同班意愿",
        "wish for one class",
        "多胞胎意愿 双胞胎意愿 多胞胎同班意愿 双胞胎同班意愿 多胞胎是否同班 双胞胎是否同班",
    ),
    _column(
        "consent",
        "监护人同意",
        "guardians' consent",
        "家长同意 是否监护人同意 监护人是否同意 家长是否同意 监护人书面同意 同意书",
    ),
    _column("staff_child", "教职工子女", "child of staff", "是否教职工子女 教师子女 本校教职工子女 是否本校教职工子女"),
    _column("primary_school", "毕业小学", "primary school", "毕业学校 小学毕业学校 原毕业小学 毕业小学名称"),
    _column("pin_class", "指定班级", "class a child must be in", "固定班级 指定班 指定班号 指定到班级"),
    _column("pin_reason", "指定原因", "reason for it", "固定原因 指定理由 指定班级原因 指定班级理由"),
)


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of one kind of workbook, and folded title -> column; every title is unique, which tests check."""

    columns: tuple[Column, ...]
    titles: Mapping[str, Column]


def _table(*columns: Column) -> Table:
    return Table(columns, {title: column for column in columns for title in (column.title, *column.synonyms)})


STUDENTS = _table(*COLUMNS)

_TEAM = _column("team", "队", "team", "组 队组 队号 组号 团队 教师团队 教师组 教师队 班主任组 队/组 组/队 队伍")
_PERSON = (
    _column("name", "★姓名", "name", "教师姓名 家长姓名 代表姓名 名字 人员姓名"),
    _column(
        "document_type",
        "★证件类型",
        "document type",
        "身份证件类型 身份证类型 有效证件类型 身份证件类型码",
    ),
    _column(
        "document_number",
        "★证件号码",
        "document number",
        "证件号 身份证件号 身份证件号码 身份证号 身份证号码 公民身份号码",
    ),
)
PERSONS = _table(*_PERSON)
_TEACHING = (
    _column("service", "教龄", "years of service", "教龄(年) 任教年限 工作年限 从教年限"),
    _column("subject", "学科", "subject", "任教学科 任教科目 科目 所教学科"),
    _column("rank", "职称", "professional title", "专业技术职务 专业职称 职称等级"),
    _column("barred", "回避班级", "classes the team must not get", "不进班级 回避班 回避班号"),
)
TEAMS = _table(_TEAM, *_PERSON, *_TEACHING)
"""Workbooks of draws that divide nothing: persons, or teachers with the team they belong to."""

_REGISTERED = (
    _column("school_name", "学校名称", "school name", "学校 学校全称 就读学校 就读学校名称 所在学校 所属学校"),
    _column("class", "班级", "class", "班级名称 班名 所在班级 就读班级 行政班 行政班级 班别 所属班级"),
    _column("class_number", "班号", "class number", "班级编号 班级代码 班级号 班级序号"),
    _column("entered", "入学年月", "month of entry", "入学年份 入学时间 入学日期 入学年度 入校年月 入校时间 级别 届别"),
    _column("teacher", "班主任", "homeroom teacher", "班主任姓名 班主任教师 班主任老师 现任班主任"),
)
_SHARED = ("school", "grade", "name", "document_type", "document_number", "registration")
EXPORT = _table(
    *(replace(column, required=False) for column in COLUMNS if column.field in _SHARED),
    *_REGISTERED,
)
"""Exports of student registration (spec/year.md Y5); none is required by itself: it depends on what else is there."""

COLUMN = {column.field: column for column in (*COLUMNS, _TEAM, *_TEACHING, *_REGISTERED)}
TITLES = {title: column.field for title, column in STUDENTS.titles.items()}

_NOTES = (
    "填表人 填报人 制表人 审核人 复核人 审批人 经办人 负责人 校长 班主任签 合计 "
    "总计 小计 共计 总人数 备注 说明 注: 注1 填表说明 填表日期 填报日期 "
    "填报单位 填表单位 单位盖章 单位(盖章 学校盖章 学校(盖章 学校(公章 联系人 联系电话 日期"
)
NOTES = tuple(_NOTES.split())
"""How rows below the students begin that are no students."""

Spellings = Mapping[str, tuple[str, str]]


def _spellings(
    names: Mapping[str, str], plain: Mapping[str, str], loose: Mapping[str, Iterable[str]], *, codes: bool = True
) -> Spellings:
    """Build spelling -> (value, repair code or ""); names, codes and `plain` need no repair, `loose` ones do.

    Exports of registration systems write "1-男": code and name together are a spelling of their own.
    """
    table: dict[str, tuple[str, str]] = {}
    for value, words in loose.items():
        table |= dict.fromkeys(words, (value, "spelling"))
    for code, name in names.items():
        if codes:
            table |= {f"{code}-{name}": (code, "spelling"), f"{code}{name}": (code, "spelling"), code: (code, "")}
        table[name] = (code, "")
    return table | {word: (value, "") for word, value in plain.items()}


def _ethnic_spellings() -> Spellings:
    """Codes and names of GB/T 3304, names without 族, codes that lost their zero, and the groups without a code."""
    loose: dict[str, tuple[str, ...]] = {
        code: (name.removesuffix("族"), f"{code}-{name.removesuffix('族')}") for code, name in ETHNICITIES.items()
    }
    other = {"穿青人": ("穿青", "穿青族"), "其他": ("其它", "其他民族", "其它民族", "其他族")}
    plain = {name: name for name in UNCODED_ETHNICITIES}
    zeros = {code[1]: (code, "leading_zero") for code in ETHNICITIES if code.startswith("0")}
    return {**_spellings(ETHNICITIES, plain, loose | other), **zeros}


FLAGS = ("migrant", "disability", "staff_child", "consent")
_FLAG_LOOSE = {"1": ("√", "Y", "YES", "TRUE", "对"), "0": ("×", "N", "NO", "FALSE", "不是", "非", "无")}

SPELLINGS: dict[str, Spellings] = {
    "grade": _spellings(
        GRADES,
        {},
        {
            "1": ("一", "1年级", "小学一年级", "小一", "01", "一年"),
            "7": ("七", "7年级", "初一", "初一年级", "初中一年级", "初中七年级", "07", "七年"),
        },
    ),
    "sex": _spellings(SEXES, {}, {"1": ("男性", "男生", "男孩"), "2": ("女性", "女生", "女孩")}),
    "document_type": _spellings(
        DOCUMENT_TYPES,
        {},
        {
            "1": ("身份证", "二代身份证", "二代证", "中国居民身份证", "第二代居民身份证", "01"),
            "6": ("香港特区护照", "香港特区身份证明", "香港特区护照-身份证明"),
            "7": ("澳门特区护照", "澳门特区身份证明", "澳门特区护照-身份证明"),
            "8": ("台胞证", "台湾居民来往大陆通行证(台胞证)"),
            "B": ("户口本", "户口薄"),
            "G": ("无", "无证件", "无身份证", "没有身份证件"),
            "Z": ("其它", "其他证件", "其它证件"),
        },
    ),
    "ethnicity": _ethnic_spellings(),
    "twin_wish": _spellings(
        {"together": "同班", "apart": "分班"},
        {},
        {"together": ("同一班", "同一个班", "愿意同班", "是"), "apart": ("不同班", "分开", "异班", "否")},
        codes=False,
    ),
    "pin_reason": _spellings(
        PIN_REASONS,
        {code.upper().replace("_", "-"): code for code in PIN_REASONS},
        {"accessibility": ("无障碍", "无障碍需求"), "court": ("法院", "法院裁定", "法院判决", "法院裁决")},
        codes=False,
    ),
    **{flag: _spellings({"1": "是", "0": "否"}, {}, _FLAG_LOOSE) for flag in FLAGS},
}
"""Field of a coded column -> every accepted spelling."""
