"""Sentences about the year around the draw: filings, late students, amendments, registration, complaints."""

TEXTS: dict[str, tuple[str, str, str, str]] = {
    "year.unsorted": (
        "条目中的 {name} 没有排序，或有重复。",
        "{name} of the entry is not sorted, or has repeats.",
        "请用 vdraw 生成条目，不要手工改。",
        "Let vdraw make the entry instead of editing it by hand.",
    ),
    "year.term": (
        "第一学期从 {first} 到 {last}：结束早于开始。",
        "The first term goes from {first} to {last}: it ends before it begins.",
        "检查两个日期的顺序。",
        "Check the order of the two dates.",
    ),
    "year.answered": (
        "第 {seq} 条已经答复过它，不能再答复一次。",
        "Entry {seq} has answered it; it cannot be answered again.",
        "用 vdraw year show 查看现状；学校可以重新提交。",
        "See where it stands with vdraw year show; the school can submit anew.",
    ),
    "year.no_filing": (
        "账本里没有对应的、学校最后一次提交的备案。",
        "The ledger has no such filing, or the school has submitted a later one.",
        "用 vdraw year show 查看备案，审批最后一次提交的。",
        "See the filings with vdraw year show and approve the last one.",
    ),
    "year.teacher_number": (
        "名单上只有 {teachers} 位教师，没有第 {number} 位。",
        "The shortlist has {teachers} teachers; there is no number {number}.",
        "教师的序号就是在名单中的行次，从 1 起。",
        "A teacher's number is the row on the shortlist, from 1.",
    ),
    "year.moves": (
        "变动与申请的类别（{kind}）不符，或前后班级相同。",
        "A move is not of the kind of the request ({kind}), or does not change the class.",
        "class：从一个班到另一个班；leave：离开（到 0）；enter：进入（从 0）；restructure：任意。",
        "class: from a class to another; leave: to 0; enter: from 0; restructure: any.",
    ),
    "year.no_request": (
        "账本里没有这份变动申请。",
        "The ledger has no such request.",
        "用 vdraw year show 查看待批的申请。",
        "See the requests with vdraw year show.",
    ),
    "year.complaint_twice": (
        "投诉编号 {complaint} 已经用过。",
        "The complaint number {complaint} has been used.",
        "另用一个编号，例如 2026-014。",
        "Take another number, such as 2026-014.",
    ),
    "year.no_complaint": (
        "账本里没有这件投诉。",
        "The ledger has no such complaint.",
        "用 vdraw year show 查看已受理的投诉。",
        "See the complaints with vdraw year show.",
    ),
    "year.through": (
        "年检报告声称看到 {size} 条，比账本还多。",
        "The inspection says that it read {size} entries, more than the ledger has.",
        "请重新运行年检。",
        "Run the inspection again.",
    ),
    "year.no_finding": (
        "没有哪次年检报告过问题 {finding}。",
        "No inspection has reported finding {finding}.",
        "问题编号是报告中的 16 位代码。",
        "A finding's id is the 16 characters in the report.",
    ),
    "year.not_opened": (
        "账本里还没有 {year} 年的总安排（投诉期限、补录日期等）。",
        "The ledger does not say yet what holds for {year} (days for complaints, dates for late students).",
        "先用 vdraw year open 录入。",
        "Enter it with vdraw year open first.",
    ),
    "shortlist.malformed": (
        "教师名单不符合格式：{detail}。",
        "The shortlist is not of its form: {detail}.",
        "用 vdraw year shortlist-template 生成空表，填好后再导入。",
        "Make an empty sheet with vdraw year shortlist-template and fill it in.",
    ),
    "shortlist.twice": (
        "教师名单中有重名：{names}。",
        "Names stand twice on the shortlist: {names}.",
        "在姓名后加一个区分的字，例如“王芳（大）”。",
        "Add something that tells them apart.",
    ),
    "shortlist.not_one_row": (
        "新名单与原名单有 {number} 处不同；更换教师每次只能换一位，其他行不变。",
        "The new list differs from the old one in {number} rows; a replacement changes exactly one.",
        "从现行名单改起，一次换一位。",
        "Begin with the list in force and change one row at a time.",
    ),
}
