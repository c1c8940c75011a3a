"""What a report says to people, Chinese and English side by side. The sentences of the checks are the catalogue's."""

from __future__ import annotations

from typing import Dict, Tuple

from . import engine, fork

ZH, EN = 0, 1
Words = Tuple[str, str]

HEADLINES: Dict[int, Words] = {
    engine.EXIT_PROVEN: (
        "公正性已得到证明：全部检查通过，并与读者掌握的外部信息一致。",
        "Proven fair: every check passed, and the record is anchored in what you hold from outside.",
    ),
    engine.EXIT_INCONSISTENT: (
        "记录自相矛盾：至少一项检查证明它有错误或被改动。不要采信。",
        "Inconsistent: at least one check proves the record wrong or altered. Do not rely on it.",
    ),
    engine.EXIT_UNDECIDED: (
        "无法判断：记录或参数不能读取，或校验程序出错。",
        "Undecided: the record or an argument cannot be read, or the verifier itself failed.",
    ),
    engine.EXIT_NOT_PROVEN: (
        "未发现矛盾，但公正性没有得到证明，原因如下。",
        "Consistent in itself, but fairness is not proven, for the reasons below.",
    ),
}
FORK_HEADLINES: Dict[int, Words] = {
    fork.EXIT_PROVEN: (
        "分叉已得到证明：账本的签名人签署了两份不能并存的历史。",
        "A fork is proven: the ledger's operator signed two histories that cannot both be.",
    ),
    fork.EXIT_NOT_PROVEN: ("分叉没有得到证明。", "A fork is not proven."),
    fork.EXIT_UNUSABLE: (
        "无法判断：证据或参数不能使用。",
        "Undecided: the evidence or an argument cannot be used.",
    ),
}
OUTCOMES: Dict[str, Words] = {
    engine.PASS: ("通过", "PASS"),
    engine.FAIL: ("不符", "FAIL"),
    engine.CANNOT: ("无法检查", "CANNOT-CHECK"),
    engine.NOT_APPLICABLE: ("不适用", "NOT-APPLICABLE"),
}
CATEGORIES: Dict[str, Words] = {
    "completeness": ("完整", "Completeness"),
    "authenticity": ("真实", "Authenticity"),
    "consistency": ("一致", "Consistency"),
    "integrity": ("可重算", "Integrity"),
    "evidence": ("证明力", "Evidence"),
    "slip": ("凭条", "Slip"),
    "inspection": ("检查", "Inspection"),
}
ROLES: Dict[str, Words] = {
    "bureau": ("教育局", "bureau"),
    "discipline": ("纪检监察", "discipline"),
    "congress": ("人大代表", "congress"),
    "consultative": ("政协委员", "consultative"),
    "parent": ("家长", "parent"),
    "notary": ("公证员", "notary"),
    "other": ("其他", "other"),
}
CLIENTS: Dict[str, Words] = {
    "bureau-page": ("教育局网页", "the bureau's page"),
    "own-page": ("自有网页", "a page of their own"),
    "command-line": ("命令行", "command line"),
    "own-program": ("自有程序", "a program of their own"),
    "kiosk": ("现场公用设备", "kiosk"),
}
ATTEMPTS: Dict[str, Words] = {
    "aborted": ("中止", "aborted"),
    "annulled": ("撤销", "annulled"),
    "published": ("已公布", "published"),
    "opened": ("已揭示、未公布", "revealed, not published"),
    "unfinished": ("未完成", "not finished"),
}
KINDS: Dict[str, Words] = {
    "classes": ("学生分班", "students to classes"),
    "late": ("后到学生编班", "late students to classes"),
    "teachers": ("教师分配到班", "teachers to classes"),
    "select": ("抽选人员", "choosing persons"),
    "order": ("抽取顺序", "drawing an order"),
    "audit": ("抽查学生信息", "choosing students for an audit"),
}
MEANINGS: Dict[str, Words] = {  # of the numbers drawn
    "classes": ("各班人数: %(counts)s", "students per class: %(counts)s"),
    "late": (
        "编入各班人数: %(counts)s；只有一个班可去的: %(forced)d 组",
        "students placed per class: %(counts)s; units forced, since one class only was left to them: %(forced)d",
    ),
    "teachers": ("%(number)d 个队分到 %(number)d 个班%(names)s", "%(number)d teams, one a class%(names)s"),
    "select": ("%(number)d 人中抽中顺序 1–%(take)d", "of %(number)d persons those at positions 1–%(take)d are chosen"),
    "order": ("%(number)d 个顺序位置", "%(number)d positions"),
    "audit": (
        "%(number)d 组学生中抽中顺序 1–%(take)d，核查其登记信息",
        "of %(number)d units of students those at positions 1–%(take)d are chosen, and their entries looked at",
    ),
}
REASONS: Dict[str, Words] = {  # of pins
    "accessibility": ("无障碍教室", "accessibility"),
    "resource_room": ("资源教室", "resource room"),
    "protection": ("保护学生", "protection"),
    "court": ("法院裁定", "court order"),
}
PINNED: Words = ("抽取前指定班级的: %d 组 (%s)", "units given a class before the draw: %d (%s)")
AFFECTED: Words = (
    "其他受影响的: %d 组；未指定者进入某一班的概率最大 %s，两组同班的概率最大 %s（无指定时均为 1/%d）",
    "other units affected: %d; largest probability of a class %s, of two units sharing one %s (1/%d without pins)",
)
STATES: Dict[str, Words] = {
    "drawn": ("已抽取", "drawn"),
    "exempt": ("免于抽取", "exempt"),
    "postponed": ("推迟", "postponed"),
    "open": ("尚无结果", "no draw yet"),
}
LABELS: Dict[str, Words] = {
    "report": ("公开抽取校验报告", "Report on a public draw"),
    "session": ("活动", "Session"),
    "bureau": ("组织单位", "Held by"),
    "date": ("日期", "Date"),
    "rehearsal": ("（演练）", " (rehearsal)"),
    "reasons": ("原因", "Reasons"),
    "covered": ("被覆盖的观察员", "Covered observers"),
    "observer": ("编号 · 身份 · 所用程序 · 密钥指纹", "id · role · client · key fingerprint"),
    "none": ("无", "none"),
    "checks": ("检查项", "Checks"),
    "items": ("项", "items"),
    "draws": ("各次抽取", "Draws"),
    "grade": ("年级", "grade"),
    "pins": ("抽取前指定的班级及其影响", "Classes given before the draw, and what that does"),
    "pairs": ("余数中的成对概率与重叠", "Pairs in the remainder, and overlap"),
    "attempts": ("账本中的历次抽取", "Attempts in the ledger"),
    "register": ("登记在册的学校和年级", "Schools and grades of the register"),
    "lots": (
        "现场抽签（班级:签号），依靠见证人，不是证明",
        "Lots drawn by hand (class:lot): they rest on the witnesses, not on proof",
    ),
    "slip": ("凭条", "Slip"),
    "class": ("班级", "Class"),
    "position": ("顺序", "Position"),
    "in roster": ("在冻结的名册中", "in the frozen roster"),
    "header": ("总表哈希短码", "Short code of the header"),
    "record": ("公开记录的核对值", "Code of the public record"),
    "file": ("校验程序文件的 SHA-256", "SHA-256 of this verifier's file"),
    "code": ("校验程序源码的 SHA-256（不是单个文件）", "SHA-256 of this verifier's code (not one file)"),
    "signatures": ("签名由谁验算", "Signatures verified by"),
    "origin": ("账本", "Ledger"),
    "sizes": ("两个检查点的条数", "Sizes of the two checkpoints"),
    "people": ("程序无法核对、请人核对", "What no program can check, and people must"),
    "sign": ("核对人签字", "Signed by"),
    "name": ("姓名", "Name"),
    "organisation": ("单位", "Organisation"),
    "day": ("日期", "Date"),
    "signature": ("签字", "Signature"),
}
ARGUMENTS: Dict[str, Words] = {
    "path": ("记录", "record"),
    "trust": ("信任文件", "trust file"),
    "since": ("先前的记录", "earlier record"),
    "ledger": ("完整账本", "whole ledger"),
    "others": ("其他记录", "other record"),
    "slip": ("凭条", "slip"),
    "sealed": ("密封名册", "sealed roster"),
    "html": ("报告无法写入", "report cannot be written"),
}
HINT: Words = (
    "请检查路径是否正确、文件是否完整、是否为所要的那一种。",
    "Check that the path is right, that the file is complete, and that it is of the kind that is asked for.",
)
PEOPLE: Tuple[Words, ...] = (
    (
        "到校点人头，与录取名单和各班人数一致",
        "Heads were counted at school; they fit the admission list and the numbers of the classes",
    ),
    (
        "上列密钥指纹与现场所见观察员设备上的一致",
        "The key fingerprints above are those that were seen on the observers' devices in the room",
    ),
    (
        "上列观察员确有其人，身份属实，并非组织单位所设",
        "The observers above are real people in these roles, and no inventions of the organiser",
    ),
    (
        "本程序文件的哈希与另行取得的公布值一致",
        "The hash of this verifier's file is the published one, taken from elsewhere",
    ),
)
