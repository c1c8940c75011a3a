"""Sentences of the roster import and of the generated county.

No sentence has a placeholder for what a cell holds. `seen_zh` and `seen_en` are the class of it ("18 位数字").
Repairs (`roster.repair_…`) need no hint: nothing is left to do.
"""

from __future__ import annotations

_AS_TEXT_ZH = (
    "已经变形的号码无法还原。名册是从别的系统导出的，请重新导出为 .xlsx，号码列选文本；"
    "手工录入的，请先把整列设为“文本”格式，再对照原件重新录入，也可在号码前加英文单引号。"
)
_AS_TEXT_EN = (
    "Digits already lost cannot be recovered. If another system made the file, export it again as .xlsx with this column "
    "as text; if it was typed, format the whole column as text and enter the number again from the document, or type an "
    "apostrophe before it."
)
_FROM_DOCUMENT_ZH = "请对照户口簿或身份证逐位核对后改正。"
_FROM_DOCUMENT_EN = "Compare every digit with the household book or the identity card and correct it."
_TWICE_ZH = "请核实后只保留一行；如确为两名学生，请对照证件改正号码。"
_TWICE_EN = "Keep one of the rows; if these are two children, correct the number from the document."
_TEMPLATE_ZH = "请按名册模板补上这一列。"
_TEMPLATE_EN = "Add the column as in the roster template."

TEXTS: dict[str, tuple[str, str, str, str]] = {
    # Places and lines
    "roster.place_file": ("{file}", "{file}", "", ""),
    "roster.place_sheet": ("{file}，工作表“{sheet}”", '{file}, sheet "{sheet}"', "", ""),
    "roster.place_column": ("{file}，工作表“{sheet}”，{column} 列", '{file}, sheet "{sheet}", column {column}', "", ""),
    "roster.place_row": ("{file}，工作表“{sheet}”，第 {row} 行", '{file}, sheet "{sheet}", row {row}', "", ""),
    "roster.place_cell": (
        "{file}，工作表“{sheet}”，第 {row} 行 {column} 列",
        '{file}, sheet "{sheet}", row {row}, column {column}',
        "",
        "",
    ),
    "roster.line": ("{place}：{sentence}{advice}", "{place}: {sentence} {advice}", "", ""),
    # Files and sheets
    "roster.unreadable_file": (
        "文件打不开。",
        "The file cannot be opened.",
        "请确认文件还在、没有被其他程序占用，再导入一次。",
        "Make sure the file is there and not open in another program, then import again.",
    ),
    "roster.not_workbook": (
        "这不是能读取的表格文件（.xlsx、.xls、.ods、.csv）。",
        "This is no spreadsheet that can be read (.xlsx, .xls, .ods, .csv).",
        "请在表格软件里另存为 .xlsx 后导入。",
        "Save it as .xlsx in the spreadsheet program and import that.",
    ),
    "roster.csv_encoding": (
        "CSV 文件既不是 UTF-8 编码，也不是 GB18030 编码。",
        "The CSV file is neither UTF-8 nor GB18030.",
        "请在表格软件里另存为 .xlsx，或另存为“CSV UTF-8”后导入。",
        "Save it as .xlsx, or as CSV UTF-8, and import that.",
    ),
    "roster.csv_quotes": (
        "CSV 文件里的双引号不成对，或一格内容过长。",
        "A quotation mark of the CSV file is not closed, or a cell is far too long.",
        "请在表格软件里打开原表，另存为 .xlsx 后导入。",
        "Open the original in the spreadsheet program, save it as .xlsx and import that.",
    ),
    "roster.damaged_file": (
        "文件不完整或已损坏。",
        "The file is incomplete or damaged.",
        "请从原电脑重新复制一份，或用表格软件打开后另存。",
        "Copy it again from where it came, or open and save it in a spreadsheet program.",
    ),
    "roster.password": (
        "文件设有密码。",
        "The file is protected by a password.",
        "请取消打开密码后另存，再导入。",
        "Remove the password, save, and import again.",
    ),
    "roster.too_large": (
        "文件过大，或者在很远的空白处有内容，不像学生名册。",
        "The file is too large for a roster, or has a stray cell far away from the rest.",
        "请删除名册右边和下边的全部空行空列以及多余的工作表、图片，然后另存。",
        "Delete all rows and columns beyond the roster and needless sheets and pictures, and save it again.",
    ),
    "roster.no_roster": (
        "整个文件里没有名册。",
        "No sheet of the file holds a roster.",
        "请确认选对了文件。",
        "Make sure this is the right file.",
    ),
    "roster.no_students": (
        "有表头，但没有一名学生。",
        "There is a header, but not a single student.",
        "请填写学生后再导入；如该校没有学生，请不要选择这个文件。",
        "Enter the students; if the school has none, leave this file out.",
    ),
    "roster.no_header": (
        "工作表里有数据，但找不到表头。",
        "The sheet holds data, but no header row.",
        "请在数据上方加一行表头（姓名、性别、民族……），或删除这张工作表。",
        "Put a row of titles (姓名, 性别, 民族 …) above the data, or delete the sheet.",
    ),
    "roster.header_twice": (
        "这里又出现一行表头。",
        "A header row stands here a second time.",
        "每张工作表只留一行表头，请删除这一行或把下面的数据移到另一张工作表。",
        "Keep one header a sheet: delete this row, or move the rows below it to a sheet of their own.",
    ),
    "roster.data_before_header": (
        "表头上方有一行像学生数据。",
        "A row above the header looks like a student.",
        "请把这一行移到表头下面，或删除。",
        "Move the row below the header, or delete it.",
    ),
    "roster.missing_column": (
        "缺少“{title}”列。",
        "The column {english} ({title}) is missing.",
        _TEMPLATE_ZH,
        _TEMPLATE_EN,
    ),
    "roster.column_twice": (
        "“{title}”列出现了两次。",
        "The column {english} ({title}) stands twice.",
        "请删除其中一列，或改成别的标题。",
        "Delete one of them or give it another title.",
    ),
    # Cells
    "roster.missing_value": (
        "“{title}”没有填。",
        "{english} ({title}) is blank.",
        "请补填。",
        "Fill it in.",
    ),
    "roster.date_cell": (
        "“{title}”是日期格式，原来的内容已被表格软件改变。",
        "{english} ({title}) is a date cell: the spreadsheet program has changed what was typed.",
        "请把单元格设为“文本”格式后重新录入。",
        "Format the cell as text and enter it again.",
    ),
    "roster.inexact_number": (
        "“{title}”是带小数或过长的数字。",
        "{english} ({title}) is a number with a fraction or too many digits.",
        "请把单元格设为“文本”格式后重新录入。",
        "Format the cell as text and enter it again.",
    ),
    "roster.bad_school": (
        "“{title}”应为 10 位数字，这里是{seen_zh}。",
        "{english} ({title}) must have 10 digits, here it is {seen_en}.",
        "请按学校（机构）代码表填写学校标识码。",
        "Enter the code from the register of schools.",
    ),
    "roster.bad_grade": (
        "“{title}”应为 1（一年级）或 7（七年级），这里是{seen_zh}。",
        "{english} ({title}) must be 1 or 7, here it is {seen_en}.",
        "只导入起始年级的学生，请改正或删除这一行。",
        "Only starting grades are drawn: correct it or delete the row.",
    ),
    "roster.bad_name": (
        "“{title}”里有姓名不会有的字符（数字、括号、问号或显示不出的字），这里是{seen_zh}。",
        (
            "{english} ({title}) has characters no name has (digits, brackets, question marks, unencoded characters); "
            "here it is {seen_en}."
        ),
        "请按身份证件填写姓名；同名学生不必加数字区分；显示不出的生僻字请换成国标编码字或证件上的拼音。",
        (
            "Enter the name as on the document. Children of the same name need no number to tell them apart. Replace a "
            "rare character that does not show by its encoded form or by the letters on the document."
        ),
    ),
    "roster.bad_sex": (
        "“{title}”应为 1（男）或 2（女），这里是{seen_zh}。",
        "{english} ({title}) must be 1 (男) or 2 (女), here it is {seen_en}.",
        "请改为男或女。",
        "Enter 男 or 女.",
    ),
    "roster.bad_document_type": (
        "“{title}”不在代码表里，这里是{seen_zh}。",
        "{english} ({title}) is not in the code list, here it is {seen_en}.",
        (
            "请填代码或名称：1 居民身份证，6 香港、7 澳门特区护照/身份证明，8 台湾居民来往大陆通行证，"
            "9 境外永久居住证，A 护照，B 户口簿，Z 其他；没有证件的填 Z 并填学籍号。"
        ),
        (
            "Enter a code or name of the list, 1 for the resident identity card; for a child without document enter Z "
            "and the registration number."
        ),
    ),
    "roster.bad_ethnicity": (
        "“{title}”不在国标 56 个民族之列，也不是穿青人或其他，这里是{seen_zh}。",
        "{english} ({title}) is none of the 56 of GB/T 3304, nor 穿青人 or 其他; here it is {seen_en}.",
        "请填民族名称或两位代码（01 至 56）。",
        "Enter the name or the code of two digits, 01 to 56.",
    ),
    "roster.bad_flag": (
        "“{title}”应为 1（是）或 0（否），这里是{seen_zh}。",
        "{english} ({title}) must be 1 (是) or 0 (否), here it is {seen_en}.",
        "请改为是或否。",
        "Enter 是 or 否.",
    ),
    "roster.bad_wish": (
        "“{title}”应为同班或分班，这里是{seen_zh}。",
        "{english} ({title}) must be 同班 (together) or 分班 (apart), here it is {seen_en}.",
        "请按家长书面意愿填写。",
        "Enter what the parents have put in writing.",
    ),
    "roster.bad_birth_date": (
        "“{title}”不是存在的日期，这里是{seen_zh}。",
        "{english} ({title}) is no date of the calendar; here it is {seen_en}.",
        "请写成 2019-08-31、2019年8月31日 或 20190831。",
        "Write it as 2019-08-31, 2019年8月31日 or 20190831.",
    ),
    "roster.birth_date_missing": (
        "“{title}”没有填；不是居民身份证的，需要出生日期。",
        "{english} ({title}) is blank; a document other than the resident card needs it.",
        "请对照证件补填；全表都不需要时可删除这一列。",
        "Fill it in from the document, or delete the column if nobody needs it.",
    ),
    "roster.birth_date_differs": (
        "出生日期与证件号里的不一致。",
        "The date of birth is not the one in the identity number.",
        "请对照证件，改正日期或号码。",
        "Compare with the document; correct the date or the number.",
    ),
    "roster.bad_pin_class": (
        "“{title}”应为 1 到 200 的班号，这里是{seen_zh}。",
        "{english} ({title}) must be a number from 1 to 200, here it is {seen_en}.",
        "请填班号的数字；不指定的留空。",
        "Enter the number of the class, or leave it blank.",
    ),
    "roster.bad_pin_reason": (
        "“{title}”应为无障碍需要、资源教室、人身保护或法院文书，这里是{seen_zh}。",
        (
            "{english} ({title}) must be accessibility (无障碍需要), resource_room (资源教室), protection (人身保护) or "
            "court (法院文书); here it is {seen_en}."
        ),
        "没有其他理由可以指定班级；不属于这四种的，请清空指定班级和指定原因。",
        "There is no other reason: clear class and reason if it is none of the four.",
    ),
    "roster.bad_group": (
        "“{title}”过长或有显示不出的字符，这里是{seen_zh}。",
        "{english} ({title}) is too long or has characters that do not show; here it is {seen_en}.",
        "请用简短的组号，例如 1、2、3。",
        "Use short group numbers such as 1, 2, 3.",
    ),
    "roster.bad_words": (
        "“{title}”过长，或含有显示不出的字符，这里是{seen_zh}。",
        "{english} ({title}) is too long or has characters that cannot be shown; here it is {seen_en}.",
        "请改短，并删去显示不出的字符。",
        "Shorten it and leave such characters out.",
    ),
    "roster.bad_primary_school": (
        "“{title}”过长或有显示不出的字符，这里是{seen_zh}。",
        "{english} ({title}) is too long or has characters that do not show; here it is {seen_en}.",
        "请填写学校全称。",
        "Enter the name of the school.",
    ),
    # Numbers of documents
    "roster.id_number_cell": (
        "“{title}”被存成了数字，长号码的末几位或开头的零会丢失。",
        "{english} ({title}) is stored as a number, which loses the last digits of a long one or leading zeros.",
        _AS_TEXT_ZH,
        _AS_TEXT_EN,
    ),
    "roster.id_scientific": (
        "“{title}”已变成科学计数法，后面的数字已经丢失。",
        "{english} ({title}) has become scientific notation: its last digits are lost.",
        _AS_TEXT_ZH,
        _AS_TEXT_EN,
    ),
    "roster.id_zeros": (
        "“{title}”末三位是 0 且校验不符，像是被表格软件改过。",
        "{english} ({title}) ends in three zeros and fails its check, as numbers do that a spreadsheet has rounded.",
        _AS_TEXT_ZH,
        _AS_TEXT_EN,
    ),
    "roster.id_missing": (
        "“{title}”没有填，而证件类型要求有号码。",
        "{english} ({title}) is blank, but the document type has a number.",
        "请补填；没有身份证件的学生，证件类型填 Z（其他）并填写学籍号。",
        "Fill it in; for a child without document enter type Z (其他) and the registration number.",
    ),
    "roster.id_length": (
        "居民身份证号应为 18 位，这里是{seen_zh}。",
        "A resident identity number has 18 characters, here it is {seen_en}.",
        _FROM_DOCUMENT_ZH,
        _FROM_DOCUMENT_EN,
    ),
    "roster.id_characters": (
        "居民身份证号前 17 位应为数字，末位为数字或 X。",
        "A resident identity number is 17 digits and a digit or X.",
        _FROM_DOCUMENT_ZH,
        _FROM_DOCUMENT_EN,
    ),
    "roster.id_date": (
        "居民身份证号里的出生日期不存在。",
        "The date of birth in the identity number does not exist.",
        _FROM_DOCUMENT_ZH,
        _FROM_DOCUMENT_EN,
    ),
    "roster.id_check": (
        "居民身份证号的校验码不符，至少有一位录错。",
        "The check character of the identity number does not agree: at least one digit is wrong.",
        _FROM_DOCUMENT_ZH,
        _FROM_DOCUMENT_EN,
    ),
    "roster.id_sex": (
        "居民身份证号的性别位与“性别”列不一致。",
        "The identity number and the column 性别 (sex) disagree.",
        "请对照证件，改正性别或号码。",
        "Compare with the document; correct the sex or the number.",
    ),
    "roster.bad_document_number": (
        "“{title}”应为 4 至 30 位字母或数字，这里是{seen_zh}。",
        "{english} ({title}) must be 4 to 30 letters or digits, here it is {seen_en}.",
        "请对照证件改正。",
        "Correct it from the document.",
    ),
    "roster.bad_registration": (
        "“{title}”应为字母 G、J 或 L 加 18 位，共 19 位，这里是{seen_zh}。",
        "{english} ({title}) must be G, J or L and 18 characters, 19 in all; here it is {seen_en}.",
        "请从学籍系统复制学籍号；还没有学籍号的留空。",
        "Copy it from the registration system; leave it blank if there is none yet.",
    ),
    "roster.no_identity": (
        "既没有证件号，也没有学籍号，无法识别这名学生。",
        "There is neither a document number nor a registration number, so the child cannot be told from others.",
        "请补填证件号，或补填学籍号。",
        "Enter the document number or the registration number.",
    ),
    "roster.fallback_number": (
        "证件类型为“无身份证件”，却填了证件号。",
        "The type says there is no document, yet a number is given.",
        "请改正证件类型，或清空证件号。",
        "Correct the type or clear the number.",
    ),
    # Teams and persons
    "roster.person_document": (
        "没有可用的证件：请填证件类型和号码。",
        "There is no document to go by: type and number are needed.",
        "教师和家长代表须有证件号码；没有学籍号可以代替。",
        "Teachers and parents need the number of a document; no registration number can stand in for it.",
    ),
    "roster.no_people": (
        "文件里没有一个人。",
        "The file holds nobody.",
        "请确认选对了文件：表头应有姓名、证件类型、证件号码（教师还可有“队”）。",
        "Make sure this is the right file: its titles are 姓名, 证件类型, 证件号码 and, for teachers, 队.",
    ),
    "roster.duplicate_person": (
        "与 {file} 工作表“{sheet}”第 {row} 行是同一个人。",
        'This is the person of {file}, sheet "{sheet}", row {row}.',
        "一个人在一次抽取中只能出现一次，请删除多余的一行。",
        "Nobody stands twice in a draw: delete the row that is too many.",
    ),
    # Rows compared with each other
    "roster.bad_service": (
        "“{title}”应是 0 至 60 的整数（现为{seen_zh}）。",
        "'{english}' must be a whole number from 0 to 60 (here: {seen_en}).",
        "只填年数。",
        "Enter the number of years.",
    ),
    "roster.bad_subject": (
        "“{title}”太长或含有不能打印的字符（现为{seen_zh}）。",
        "'{english}' is too long or holds characters that cannot be printed (here: {seen_en}).",
        "写成不超过 30 个字。",
        "Write at most 30 characters.",
    ),
    "roster.bad_barred": (
        "“{title}”应是班号，几个班之间用顿号（现为{seen_zh}）。",
        "'{english}' must be numbers of classes (here: {seen_en}).",
        "例如 3 或 3、5。",
        "For instance 3 or 3, 5.",
    ),
    "roster.not_registered": (
        "学校标识码和年级不在本年的登记表和方案里（这张表共 {count} 行）：这些学生不会参加任何一次抽取。",
        "School and grade are neither in the year's register nor in the plan ({count} rows of this sheet): these students would be in no draw.",
        "核对学校标识码和年级；确有这所学校，就先把它加入登记表。",
        "Check school code and grade; if the school exists, add it to the register first.",
    ),
    "roster.duplicate_student": (
        "与 {file} 工作表“{sheet}”第 {row} 行是同一名学生。",
        'This is the child of {file}, sheet "{sheet}", row {row}.',
        _TWICE_ZH,
        _TWICE_EN,
    ),
    "roster.duplicate_across": (
        "与 {file} 工作表“{sheet}”第 {row} 行是同一名学生，但两行学校不同。",
        'This is the child of {file}, sheet "{sheet}", row {row}, at another school.',
        "请两校核实学生在哪所学校，只保留一行；如确为两名学生，请对照证件改正号码。",
        "Find out at which school the child is and keep that row; if these are two children, correct the number.",
    ),
    "roster.duplicate_elsewhere": (
        "学校 {school} 的 {grade} 年级已导入的名册里有同一名学生。",
        "The roster imported for school {school}, grade {grade} holds the same child.",
        "请两校核实学生在哪所学校，由另一所学校更正名册并先行导入；如确为两名学生，请对照证件改正号码。",
        (
            "Find out at which school the child is, and let the other one correct and import its roster first; if these "
            "are two children, correct the number."
        ),
    ),
    "roster.duplicate_registration": (
        "学籍号与 {file} 工作表“{sheet}”第 {row} 行相同。",
        'The registration number is that of {file}, sheet "{sheet}", row {row}.',
        "请从学籍系统核对后改正。",
        "Correct it from the registration system.",
    ),
    "roster.twin_alone": (
        "这个多胞胎组在本校本年级只有一人。",
        "This twin group has one member only in its school and grade.",
        "请补上其他成员的组号，或清空这一格和同班意愿。",
        "Enter the group number of the others, or clear this cell and the wish.",
    ),
    "roster.twin_place": (
        "这个多胞胎组在本校本年级只有一人，同号的其他学生在别的学校或年级。",
        "This twin group has one member only in its school and grade; others of the number are elsewhere.",
        "请核对学校标识码和年级；不在同校同年级的，请清空组号和同班意愿。",
        "Check school code and grade; clear group and wish of children who are not in one school and grade.",
    ),
    "roster.twin_many": (
        "这个多胞胎组超过 {maximum} 人。",
        "This twin group has more than {maximum} members.",
        "请核对组号：不同家庭不能用同一个组号。",
        "Check the numbers: two families must not share one.",
    ),
    "roster.twin_wish_missing": (
        "多胞胎学生没有填同班意愿。",
        "A child of a twin group has no wish.",
        "请按家长书面意愿填同班或分班。",
        "Enter 同班 (together) or 分班 (apart) as the parents have put in writing.",
    ),
    "roster.twin_wishes_differ": (
        "与同组其他学生的同班意愿不一致。",
        "The wish differs from that of the others in the group.",
        "请与家长核实，同组填写一致。",
        "Ask the parents; enter the same for the whole group.",
    ),
    "roster.twin_consent_missing": (
        "多胞胎学生没有监护人同意。",
        "A child of a twin group lacks the guardians' consent.",
        "监护人签字同意后，“监护人同意”填“是”；不同意的，请清空全组的组号和同班意愿。",
        "Enter 是 in 监护人同意 once the guardians have signed; otherwise clear group and wish of the whole group.",
    ),
    "roster.pin_without_reason": (
        "指定了班级，但没有指定原因。",
        "A class is given, but no reason for it.",
        "请补填指定原因，或清空指定班级。",
        "Enter the reason (指定原因), or clear the class.",
    ),
    "roster.pin_without_class": (
        "填了指定原因，但没有指定班级。",
        "A reason is given, but no class.",
        "请补填指定班级，或清空指定原因。",
        "Enter the class (指定班级), or clear the reason.",
    ),
    "roster.pins_of_unit_differ": (
        "同组学生要同班，却指定了不同的班级。",
        "Children of a group that stays together are pinned to different classes.",
        "请填同一个班级，或与监护人核实同班意愿。",
        "Enter one class, or ask the guardians about the wish.",
    ),
    "roster.pins_of_apart_same": (
        "同组学生要分班，却指定了同一个班级。",
        "Children of a group that wishes to be apart are pinned to one class.",
        "请填不同的班级，或与监护人核实同班意愿。",
        "Enter different classes, or ask the guardians about the wish.",
    ),
    "roster.wish_alone": (
        "填了同班意愿，但没有多胞胎组号。",
        "There is a wish, but no twin group.",
        "请补填组号；不是多胞胎的请清空同班意愿。",
        "Enter the group number; clear the wish if the child is no twin.",
    ),
    # Repairs
    "roster.repair_fullwidth": (
        "“{title}”有 {count} 格的全角字符已改为半角（第 {rows} 行）。",
        "{english} ({title}): full-width characters made half-width in {count} cells (rows {rows_en}).",
        "",
        "",
    ),
    "roster.repair_spaces": (
        "“{title}”有 {count} 格去掉了多余的空格、不可见字符或单引号（第 {rows} 行）。",
        "{english} ({title}): spaces, invisible characters or apostrophes removed in {count} cells (rows {rows_en}).",
        "",
        "",
    ),
    "roster.repair_upper_case": (
        "“{title}”有 {count} 格的小写字母已改为大写（第 {rows} 行）。",
        "{english} ({title}): letters made upper case in {count} cells (rows {rows_en}).",
        "",
        "",
    ),
    "roster.repair_decimal": (
        "“{title}”有 {count} 格去掉了“.0”（第 {rows} 行）。",
        '{english} ({title}): ".0" removed in {count} cells (rows {rows_en}).',
        "",
        "",
    ),
    "roster.repair_number_cell": (
        "“{title}”有 {count} 格是数字格式，已按文字读取（第 {rows} 行）。",
        "{english} ({title}): {count} number cells read as text (rows {rows_en}).",
        "",
        "",
    ),
    "roster.repair_date_form": (
        "“{title}”有 {count} 格的日期已统一写法（第 {rows} 行）。",
        "{english} ({title}): dates put in one form in {count} cells (rows {rows_en}).",
        "",
        "",
    ),
    "roster.repair_leading_zero": (
        "“{title}”有 {count} 格补上了开头的 0（第 {rows} 行）。",
        "{english} ({title}): a leading zero restored in {count} cells (rows {rows_en}).",
        "",
        "",
    ),
    "roster.repair_spelling": (
        "“{title}”有 {count} 格的写法已换成标准代码（第 {rows} 行）。",
        "{english} ({title}): another spelling read as its code in {count} cells (rows {rows_en}).",
        "",
        "",
    ),
    "roster.repair_characters": (
        "“{title}”有 {count} 格的兼容字符已换成标准字符（第 {rows} 行）。",
        "{english} ({title}): compatibility characters replaced in {count} cells (rows {rows_en}).",
        "",
        "",
    ),
    "roster.repair_middle_dot": (
        "“{title}”有 {count} 格的间隔号已统一为“·”（第 {rows} 行）。",
        '{english} ({title}): middle dots made "·" in {count} cells (rows {rows_en}).',
        "",
        "",
    ),
    "roster.repair_punctuation": (
        "“{title}”有 {count} 格去掉了括号和连字符（第 {rows} 行）。",
        "{english} ({title}): brackets and hyphens removed in {count} cells (rows {rows_en}).",
        "",
        "",
    ),
    "roster.repair_title": (
        "这一列的标题按“{title}”读取。",
        "The title of this column is read as {english} ({title}).",
        "",
        "",
    ),
    "roster.repair_column_untitled": (
        "这一列有内容但没有标题，没有读取。如果它是名册的一列，请补上标题。",
        "This column has content but no title and was not read. If it belongs to the roster, give it its title.",
        "",
        "",
    ),
    "roster.repair_csv_gb18030": (
        "CSV 文件按 GB18030 编码读取。",
        "The CSV file was read as GB18030.",
        "",
        "",
    ),
    "roster.repair_text_formula": (
        '“{title}”有 {count} 格去掉了为保持文本而加的 ="…"（第 {rows} 行）。',
        '{english} ({title}): ="…", which kept text as text, removed in {count} cells (rows {rows_en}).',
        "",
        "",
    ),
    "roster.repair_column_ignored": (
        "这一列不属于名册，没有读取。如果它其实是名册的一列，请改成模板里的标题，或用对照文件（--mapping）说明它是哪一列。",
        (
            "This column is no part of a roster and was not read. If it is one, give it the template's title, or say "
            "which it is in a mapping file (--mapping)."
        ),
        "",
        "",
    ),
    "roster.repair_note_skipped": (
        "跳过了 {count} 行说明或合计（第 {rows} 行）。",
        "{count} rows of notes or totals were skipped (rows {rows_en}).",
        "",
        "",
    ),
    "roster.repair_sheet_skipped": (
        "这张工作表没有名册，没有读取。",
        "This sheet holds no roster and was not read.",
        "",
        "",
    ),
    "roster.repair_hidden_sheet": (
        "这张工作表是隐藏的，但有名册，已经读取。",
        "This sheet is hidden, but holds a roster and was read.",
        "",
        "",
    ),
    # The workbook that goes back
    "roster.back_lead": (
        "红色的格必须改正，黄色的格已自动整理；鼠标停在格上可看说明。改好后把本文件直接交回。内有学生信息，请勿外传。",
        (
            "Red cells must be corrected, yellow ones were repaired; comments say why. Hand this file in again when done. "
            "It holds children's data: pass it on to nobody else."
        ),
        "",
        "",
    ),
    # The template
    "roster.template_kinds": (
        "方案里有几种抽取，名册的列不同。",
        "The plan has draws of several kinds, whose columns differ.",
        "请写明抽取编号。",
        "Name the draw.",
    ),
    "roster.template_choice": (
        "“{title}”请从列表中选择。",
        "Choose {english} ({title}) from the list.",
        "",
        "",
    ),
    "roster.template_lead": (
        "{year} 年《{title}》名册。在“名册”表里每人一行；带 ★ 的列必须填写。请不要改动标题，不要删除带 ★ 的列。",
        "Roster for {title}, {year}. One row a person in the first sheet; columns with ★ are required. Keep the titles.",
        "",
        "",
    ),
    "roster.template_service": ("教龄，整年数；可以不填。", "Years of service, whole ones; may be empty.", "", ""),
    "roster.template_subject": ("任教学科；可以不填。", "Subject; may be empty.", "", ""),
    "roster.template_rank": ("职称；可以不填。", "Professional title; may be empty.", "", ""),
    "roster.template_barred": (
        "这个队不能进的班（例如本队教师子女所在的班）的班号，几个班之间用顿号；没有就不填。",
        "Numbers of classes that the team must not get, such as that of a member's own child; empty if none.",
        "",
        "",
    ),
    "roster.template_school": (
        "10 位学校标识码。",
        "The school's code of 10 digits.",
        "",
        "",
    ),
    "roster.template_grade": (
        "起始年级：一年级或七年级。",
        "The starting grade, one or seven.",
        "",
        "",
    ),
    "roster.template_name": (
        "与证件一致；间隔号用“·”；同名不必加数字。",
        "As on the document; · between parts; no digits for same names.",
        "",
        "",
    ),
    "roster.template_sex": (
        "男或女。",
        "男 or 女.",
        "",
        "",
    ),
    "roster.template_document_type": (
        "从列表中选择；没有身份证件的选“其他”并填学籍号。",
        "From the list; 其他 and a registration number for a child without document.",
        "",
        "",
    ),
    "roster.template_document_number": (
        "单元格已是文本格式，请直接录入，不要从数字列粘贴。",
        "The cells are text: type it, do not paste from a number column.",
        "",
        "",
    ),
    "roster.template_registration": (
        "G、J 或 L 加 18 位；还没有的留空。",
        "G, J or L and 18 characters; blank if there is none yet.",
        "",
        "",
    ),
    "roster.template_birth_date": (
        "写成 2019-08-31；有居民身份证号的可留空。",
        "As 2019-08-31; may be blank beside a resident identity number.",
        "",
        "",
    ),
    "roster.template_ethnicity": (
        "民族名称，从列表中选择。",
        "The name, from the list.",
        "",
        "",
    ),
    "roster.template_migrant": (
        "是否随迁子女：是或否，留空为否。",
        "Migrant child: 是 or 否, blank for 否.",
        "",
        "",
    ),
    "roster.template_disability": (
        "是否随班就读：是或否，留空为否。",
        "Disabled student in a regular class: 是 or 否, blank for 否.",
        "",
        "",
    ),
    "roster.template_twin_group": (
        "同一家庭的多胞胎填同一个组号，每组最多 3 人；其他学生留空。",
        "One number for the twins of a family, at most 3; blank for all others.",
        "",
        "",
    ),
    "roster.template_twin_wish": (
        "按家长书面意愿填同班或分班，同组一致。",
        "As the parents have put in writing, the same for the group.",
        "",
        "",
    ),
    "roster.template_consent": (
        "监护人已签字同意的填“是”；每名多胞胎学生都要有。",
        "是 once the guardians have signed; needed for every twin.",
        "",
        "",
    ),
    "roster.template_staff_child": (
        "是否本校教职工子女：是或否，留空为否。",
        "Child of the school's staff: 是 or 否, blank for 否.",
        "",
        "",
    ),
    "roster.template_primary_school": (
        "毕业小学的全称。",
        "Full name of the primary school.",
        "",
        "",
    ),
    "roster.template_pin_class": (
        "只有确需指定班级的学生填班号，其他学生留空。人数会公布。",
        "The class, only for a child who must be in a certain one; the count is published.",
        "",
        "",
    ),
    "roster.template_pin_reason": (
        "指定班级的原因，只能从列表中选择。",
        "Why; from the list only.",
        "",
        "",
    ),
    "roster.template_team": (
        "同队的人填同一个队号；单独的人留空。",
        "One number for a team; blank for who is alone.",
        "",
        "",
    ),
    # The mapping file
    "roster.mapping_malformed": (
        "对照文件不是一个 JSON 对象：{name}。",
        "The mapping file is no JSON object: {name}.",
        '请写成 {{"学校里的标题": "模板里的标题"}}，并用 UTF-8 编码保存。',
        'Write it as {{"the title in use": "the template\'s title"}} and save it as UTF-8.',
    ),
    "roster.mapping_problems": (
        "对照文件 {name} 有 {count} 个问题：{zh}",
        "The mapping file {name} has {count} problems: {en}",
        "请全部改正后再导入。",
        "Correct all of them, then import again.",
    ),
    "roster.mapping_empty": ("没有一条对照。", "It maps nothing.", "", ""),
    "roster.mapping_title": (
        "“{entry}”不能作标题：它是空的、全是数字或过长。",
        '"{entry}" can be no title: it is empty, a number or too long.',
        "",
        "",
    ),
    "roster.mapping_twice": ("“{entry}”出现了两次。", '"{entry}" stands twice.', "", ""),
    "roster.mapping_meaning": (
        "“{entry}”对应的不是模板里的标题；可用的是：{titles}。",
        '"{entry}" is mapped to no title of the template; there are: {titles}.',
        "",
        "",
    ),
    "roster.mapping_known": (
        "“{entry}”本来就是“{title}”列，不能另作他用。",
        '"{entry}" is a title of the column {title} already and can mean no other.',
        "",
        "",
    ),
    # Notices
    "roster.notice_same_names": (
        "同校同年级有 {count} 名学生同名：{places}。",
        "{count} children of one school and grade have the same name: {places_en}.",
        "",
        "",
    ),
    "roster.notice_same_sounds": (
        "同校同年级有 {count} 名学生的姓名读音相同：{places}。",
        "The names of {count} children of one school and grade sound alike: {places_en}.",
        "",
        "",
    ),
    "roster.notice_admissions_differ": (
        "学校 {school} 的 {grade} 年级：名册有 {found} 名学生，登记的录取人数是 {admitted}。",
        "School {school}, grade {grade}: the roster has {found} children, {admitted} were admitted.",
        "",
        "",
    ),
    "roster.no_pinyin": (
        "没有安装判断读音的程序包。",
        "The package that knows how names sound is not installed.",
        "请安装 verifiable-draw[pinyin]，或不使用 --homophones。",
        "Install verifiable-draw[pinyin], or leave --homophones out.",
    ),
    # The generated county
    "roster.county_size": (
        "{students} 名学生分不到 {schools} 所学校：班额要在 {low} 到 {high} 人之间，只有一所学校是单班。",
        "{students} students do not fit {schools} schools with classes of {low} to {high} and one school of one class.",
        "请增加学生或减少学校。",
        "Ask for more students or fewer schools.",
    ),
    "roster.county_mess": (
        "不认识的名册毛病或格式：{names}。",
        "Unknown kinds of mess, error or file: {names}.",
        "vdraw generate --list 列出可用的名称。",
        "'vdraw generate --list' lists the names.",
    ),
    "roster.county_region": (
        "不认识的地区：{name}。",
        "Unknown region: {name}.",
        "可用的是：{names}。",
        "There are: {names}.",
    ),
    "roster.county_deal": (
        "工作簿太少，放不下这种毛病：{name}。",
        "Too few workbooks: none can take the mess {name}.",
        "请增加学校，或减少毛病。",
        "Ask for more schools or less mess.",
    ),
    "roster.county_csv": (
        "CSV 文件只能有一张工作表。",
        "A CSV file has one sheet.",
        "请换一种格式。",
        "Choose another format.",
    ),
    "roster.county_xls": (
        "名册太大，放不进 .xls 文件。",
        "The roster is too large for an .xls file.",
        "请换一种格式。",
        "Choose another format.",
    ),
    "roster.county_sheet": (
        "第一张工作表的学生太少，放不下这些毛病。",
        "The first sheet has too few students for these kinds of mess.",
        "请用至少 80 名学生的学校。",
        "Use a school of at least 80 students.",
    ),
}
