"""Sentences about the registration audit: exports of 学籍, what they show beside the draw (spec/year.md Y5).

As in the rosters' table, no sentence has a placeholder for what a cell of a child holds.
"""

TEXTS: dict[str, tuple[str, str, str, str]] = {
    # Problems of an export
    "registration.empty": (
        "整个文件里没有学籍数据。",
        "No sheet of the file holds rows of student registration.",
        "请确认选对了文件：从学籍系统导出的学生名单，一名学生一行，有班级。",
        "Choose the list of students exported from the registration system: one row a child, with its class.",
    ),
    "registration.columns": (
        "缺少列：{titles}。{seems}",
        "Columns are missing: {titles}. {seems_en}",
        "请从学籍系统重新导出，带上学校标识码、年级、班级、姓名、身份证件类型、身份证件号；标题不同时用 --mapping 说明。",
        "Export again with school code, grade, class, name, document type and number; say in a mapping file (--mapping) what other titles mean.",
    ),
    "registration.seems_roster": ("这看来是抽签用的名册，不是学籍导出。", "It seems to be a roster for the draw, no export of registration.", "", ""),
    "registration.seems_teachers": ("这看来是教师名单。", "It seems to be a list of teachers.", "", ""),
    "registration.seems_list": ("这看来是一份不完整的学生名单。", "It seems to be an incomplete list of students.", "", ""),
    "registration.other_grades": (
        "全部 {count} 行都不属于 {year} 年的起始年级（一年级、七年级）；文件里是：{shown}。",
        "None of the {count} rows is of a starting grade (1 or 7) of {year}; the file has: {shown}.",
        "这看来是其他年级或其他年份的学籍，请导出 {year} 年入学的一年级、七年级。",
        "This seems to be the registration of other grades or of another year: export grades 1 and 7 of {year}.",
    ),
    "registration.other_year": (
        "全部学生的入学年份都是 {shown}，不是 {year}。",
        "All children entered school in {shown}, not in {year}.",
        "这看来是另一年的学籍，请导出 {year} 年入学的学生，或核对 --year。",
        "This seems to be another year's registration: export the children who entered in {year}, or check --year.",
    ),
    "registration.nothing_drawn": (
        "没有一行属于 {year} 年抽过签的学校和年级。",
        "No row is of a school and grade that was drawn in {year}.",
        "请核对学校标识码和 --year。",
        "Check the school codes and --year.",
    ),
    "registration.bad_grade": (
        "“{title}”看不懂，这里是{seen_zh}。",
        "{english} ({title}) is not understood, here it is {seen_en}.",
        "请写成“一年级”“七年级”或“2026级”。",
        "Write 一年级, 七年级 or 2026级.",
    ),
    "registration.no_grade": (
        "看不出学生在哪个年级：年级列空着，班级里没写，学校也不止一个起始年级。",
        "The grade is not told: no column says it, the class does not, and the school has more than one starting grade.",
        "请带上“年级”列重新导出。",
        "Export again with the column 年级.",
    ),
    "registration.grades_differ": (
        "班级里写的年级与“年级”列不同。",
        "The class names another grade than the column 年级.",
        "请在学籍系统中核对后重新导出。",
        "Check it in the registration system and export again.",
    ),
    "registration.unknown_school": (
        "没有学校标识码，而这个学校名称不在本年的学校表和方案里，或不止一所学校叫这个名称。",
        "There is no school code, and the name is none of the year's register and plans, or that of several schools.",
        "请带上“学校标识码”列重新导出。",
        "Export again with the column 学校标识码.",
    ),
    "registration.no_class_known": (
        "学校 {school} 的 {grade} 年级：{count} 行的班级都看不懂，也不是方案中的班名。",
        "School {school}, grade {grade}: the classes of all {count} rows are not understood, nor names of the plan.",
        "请在导出中写成“1班”或“一年级1班”，或方案里的班名。",
        "Write 1班 or 一年级1班 in the export, or the names of the plan.",
    ),
    "registration.no_classes": (
        "{count} 行都没有写班级。",
        "None of the {count} rows names a class.",
        "这看来是编班以前的名单：请在学籍系统中编班后再导出。",
        "This seems to be a list from before the classes: export again once the registration system has them.",
    ),
    "registration.repair_type": (
        "{count} 行没有证件类型，“{title}”按居民身份证号核验（第 {rows} 行）。",
        "{count} rows have no document type; {english} ({title}) was read as a citizen's number (rows {rows_en}).",
        "",
        "",
    ),
    # Notices
    "registration.notice_repeated": (
        "{count} 行与 {first} 中的行相同（同一学校、班级、学生），只算一次。",
        "{count} rows say the same as rows of {first} (school, class, child) and count once.",
        "",
        "",
    ),
    "registration.notice_not_drawn": (
        "学校 {school} 的 {grade} 年级本年没有抽签，{count} 行只用来查找在别处抽签的学生。",
        "School {school}, grade {grade} was not drawn this year: {count} rows only serve to find children drawn elsewhere.",
        "",
        "",
    ),
    "registration.notice_classless": (
        "{count} 行没有写班级，这些学生按“学籍中没有班级”处理。",
        "{count} rows name no class; these children count as not found in a class.",
        "",
        "",
    ),
    "registration.notice_other_class": (
        "学校 {school} 的 {grade} 年级有 {count} 行的班级不是抽签的班级，第一处在工作表“{sheet}”第 {row} 行。",
        'School {school}, grade {grade}: {count} rows have a class that the draw does not have, first in sheet "{sheet}", row {row}.',
        "",
        "",
    ),
    # The act
    "registration.refused": (
        "学籍导出有 {count} 处问题，没有核对：{lines}",
        "The export has {count} problems and was not compared: {lines_en}",
        "全部改正后再核对。",
        "Correct all of them and try again.",
    ),
    "registration.no_draws": (
        "账本里没有 {year} 年已公布、未撤销的正式分班抽签，没有可核对的对象。",
        "The ledger has no published draw of {year} that counts (no rehearsal, not annulled): there is nothing to compare with.",
        "核对 --year。",
        "Check --year.",
    ),
    "registration.other_key": (
        "密封名册（{draw}）的年度密钥与本年的不同。",
        "The sealed roster of {draw} has another year key than this year.",
        "请确认密封名册是同一年的。",
        "Make sure that all sealed rosters are of one year.",
    ),
    "registration.malformed": (
        "学籍核对文件不符合格式：{detail}。",
        "The audit file is not of its form: {detail}.",
        "请用 vdraw year registration 重新生成。",
        "Make it again with vdraw year registration.",
    ),
    "registration.done": (
        "学籍导出 {students} 行，{schools} 个学校年级：一致 {same}，已批准变动 {amended}，班级不符 {moved}，学籍中缺 {missing}，学籍中多 {extra}，重复 {double}。",
        (
            "{students} rows of the export, {schools} school grades: {same} the same, {amended} amended, {moved} moved, "
            "{missing} missing, {extra} extra, {double} double."
        ),
        "",
        "",
    ),
    "registration.school": (
        "  {school} {name} {grade}年级：班级不符 {moved}，缺 {missing}，多 {extra}，重复 {double}，已批准变动 {amended}",
        "  {school} grade {grade}: {moved} moved, {missing} missing, {extra} extra, {double} double, {amended} amended",
        "",
        "",
    ),
    "registration.written": (
        "已写入 {path}",
        "written: {path}",
        "",
        "",
    ),
    "registration.not_entered": (
        "有 {problems} 处问题，没有核对，也没有记入账本。",
        "{problems} problems: nothing was compared, nothing entered.",
        "",
        "",
    ),
    "registration.comparing": ("与抽签结果核对", "comparing with the draw", "", ""),
    # Kinds of rows
    "registration.kind.double": ("学籍中重复", "twice in the export", "", ""),
    "registration.kind.extra": ("学籍中多出", "in the export only", "", ""),
    "registration.kind.missing": ("学籍中没有", "not in the export", "", ""),
    "registration.kind.moved": ("班级不符", "in another class", "", ""),
    "registration.kind.amended": ("已批准变动", "moved as approved", "", ""),
    "registration.kind.same": ("一致", "the same", "", ""),
    "registration.hardly_any": (
        "{year} 年抽取的 {drawn} 名学生里有 {missing} 名在这份导出里找不到，像是别的学年的表，没有记入账本。",
        "Of {drawn} children drawn in {year}, {missing} are not in this export: it looks like another year's. Nothing was entered.",
        "核对学年和文件；确实如此的，加上 --anyway（网页上勾选“多数学生对不上也记入账本”）。",
        "Check year and file; if it is so, add --anyway (on the page, tick that most children are missing).",
    ),
    "registration.request.class": ("转班", "change of class", "", ""),
    "registration.request.leave": ("转出", "leaving", "", ""),
    "registration.request.enter": ("转入", "entering", "", ""),
    "registration.request.restructure": ("调整班级", "restructuring", "", ""),
    "registration.why.approved": ("第 {seq} 条批准的{kind}", "{kind} approved by entry {seq}", "", ""),
    "registration.why.asked": ("第 {seq} 条申请的{kind}，未批准", "{kind} asked for by entry {seq}, not approved", "", ""),
    "registration.why.misfit": ("第 {seq} 条批准的{kind}与当时所在班级不符，没有生效", "{kind} approved by entry {seq} did not fit and moved nothing", "", ""),
    # The workbook and the page
    "registration.book.title": ("{year} 年学籍与抽签分班核对（含学生信息，不得外传）", "Registration and draw of {year} (children's data, not to be passed on)", "", ""),
    "registration.book.rows": ("不一致的学生", "children that differ", "", ""),
    "registration.book.schools": ("各校人数", "numbers", "", ""),
    "registration.col.school": ("学校标识码", "school code", "", ""),
    "registration.col.school_name": ("学校", "School", "", ""),
    "registration.col.grade": ("年级", "Grade", "", ""),
    "registration.col.name": ("姓名", "name", "", ""),
    "registration.col.document_number": ("证件号", "document number", "", ""),
    "registration.col.drawn": ("抽签班级", "class drawn", "", ""),
    "registration.col.standing": ("应在班级", "class now", "", ""),
    "registration.col.found": ("学籍班级", "class in the export", "", ""),
    "registration.col.kind": ("情况", "kind", "", ""),
    "registration.col.why": ("账本依据", "entry", "", ""),
    "registration.col.place": ("导出中的位置", "place in the export", "", ""),
    "registration.col.same": ("一致", "The same", "", ""),
    "registration.col.amended": ("已批准变动", "Moved as approved", "", ""),
    "registration.col.moved": ("班级不符", "In another class", "", ""),
    "registration.col.missing": ("学籍中没有", "Not in the export", "", ""),
    "registration.col.extra": ("学籍中多出", "In the export only", "", ""),
    "registration.col.double": ("学籍中重复", "Twice in the export", "", ""),
    "registration.col.total": ("合计", "Total", "", ""),
    "registration.page.title": ("{year} 年学籍与抽签分班核对结果", "Registration compared with the draw, {year}", "", ""),
    "registration.page.lead": (
        "教育局把学籍系统中每名学生的班级与抽签得到的班级（加上经批准的变动）逐一比对。下表是各校人数，没有姓名。",
        (
            "The bureau compared the class of every child in the registration system with the class drawn, moved as "
            "approved. These are numbers for each school, without names."
        ),
        "",
        "",
    ),
    "registration.page.good": ("全部一致：没有一名学生的学籍班级与抽签不符。", "All agree: no child is registered in another class than drawn.", "", ""),
    "registration.page.bad": (
        "有 {count} 名学生（人次）待说明。数字本身不说明原因，由检查人员核实。",
        "{count} rows are to be explained. A number does not say why; inspectors find out.",
        "",
        "",
    ),
    "registration.page.facts": (
        "学籍导出 {students} 行；核对用到账本的前 {through} 条。逐人的核对文件不公开，其 SHA-256 记在账本第 {seq} 条：",
        (
            "{students} rows of the export; the first {through} entries of the ledger were used. The file with every "
            "child is not public; its SHA-256 is in entry {seq} of the ledger:"
        ),
        "",
        "",
    ),
    "registration.page.export": ("学籍导出文件的 SHA-256：", "SHA-256 of the export:", "", ""),
}
